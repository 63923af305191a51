# Golden values of core/learn/trees/extraTrees.ts: scikit-learn's ExtraTrees on the bundled samples (complete cases), predictions for rows
# in five folds (row number modulo 5), mean over ten seeds, with the standard deviation of a single seed's AUC or R2.
# python3 test/golden/extraTrees.py writes test/golden/extraTrees.json
import json, os
import numpy as np
import pandas as pd
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor
from sklearn.metrics import r2_score, roc_auc_score

here = os.path.dirname(os.path.abspath(__file__))
read = lambda name: pd.read_csv(os.path.join(here, '../../resources/samples', name + '.csv'))

def measured(x, y, make, predict, score):
    fold = np.arange(len(y)) % 5
    scores = []
    for seed in range(10):
        predicted = np.zeros(len(y))
        for k in range(5):
            predicted[fold == k] = predict(make(seed).fit(x[fold != k], y[fold != k]), x[fold == k])
        scores.append(score(y, predicted))
    return {'mean': float(np.mean(scores)), 'sd': float(np.std(scores, ddof=1))}

cases = []
for sample, features, target, positive in [
    ('biopsy', ['V%d' % i for i in range(1, 10)], 'class', 'malignant'),
    ('pima', ['npreg', 'glu', 'bp', 'skin', 'bmi', 'ped', 'age'], 'type', 'Yes'),
]:
    table = read(sample)[features + [target]].dropna()
    x, y = table[features].to_numpy(float), (table[target].astype(str).str.replace('.0', '', regex=False) == positive).to_numpy(int)
    make = lambda seed: ExtraTreesClassifier(100, min_samples_leaf=5, random_state=seed, n_jobs=2)
    cases.append({'sample': sample, 'features': features, 'target': target, 'positive': positive,
        **measured(x, y, make, lambda m, new: m.predict_proba(new)[:, 1], roc_auc_score)})
table = read('diabetes')
features = ['age', 'sex', 'bmi', 'bp', 's1', 's2', 's3', 's4', 's5', 's6']
make = lambda seed: ExtraTreesRegressor(100, min_samples_leaf=5, random_state=seed, n_jobs=2)
cases.append({'sample': 'diabetes', 'features': features, 'target': 'target', 'positive': None,
    **measured(table[features].to_numpy(float), table['target'].to_numpy(float), make, lambda m, new: m.predict(new), r2_score)})
with open(os.path.join(here, 'extraTrees.json'), 'w') as file:
    json.dump({'cases': cases}, file, indent=1)
