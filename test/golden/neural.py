"""Wisconsin breast cancer, 30 standardised features (scikit-learn's copy), as the nets' tests take it: column-major.
python3 test/golden/neural.py <folder with the data files> writes test/golden/neural.json"""
import json, os, sys
import pandas as pd

here = os.path.dirname(os.path.abspath(__file__))
table = pd.read_csv(os.path.join(sys.argv[1], "sklearn_breast_cancer.csv"))
x = table.drop(columns="target")
x = ((x - x.mean()) / x.std()).round(4)
json.dump({"rows": len(x), "columns": x.shape[1], "data": x.to_numpy().T.ravel().tolist(), "y": table["target"].tolist()}, open(os.path.join(here, "neural.json"), "w"))
