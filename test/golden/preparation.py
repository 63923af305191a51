# Golden values of core/cohort: scikit-learn's scalers and target encoder (1.3 or later).
# python3 test/golden/preparation.py [folder of the sample files] writes test/golden/preparation-sklearn.json
import json, os, sys
import numpy as np, pandas as pd
from sklearn.preprocessing import MinMaxScaler, RobustScaler, TargetEncoder

here = os.path.dirname(os.path.abspath(__file__))
folder = sys.argv[1] if len(sys.argv) > 1 else 'resources/samples'
read = lambda name: pd.read_csv(os.path.join(folder, name + '.csv'))

fat = read('bodyfat')
scaled = {
    'minMax': MinMaxScaler().fit_transform(fat[['waistcirc']]).ravel().tolist(),
    'robust': RobustScaler().fit_transform(fat[['waistcirc']]).ravel().tolist(),
}

boys = read('boys')
known = boys[boys['reg'].notna() & boys['hgt'].notna()]
continuous = TargetEncoder(smooth='auto', target_type='continuous').fit(known[['reg']], known['hgt'])
older = known['age'] > 10
binary = TargetEncoder(smooth='auto', target_type='binary').fit(known[['reg']], older)
staged = boys[boys['reg'].notna() & boys['gen'].notna()]
many = TargetEncoder(smooth='auto', target_type='multiclass').fit(staged[['reg']], staged['gen'])
# Columns of the multiclass encoder are by feature, then class.
json.dump(
    {
        'scaled': scaled,
        'target': {
            'levels': continuous.categories_[0].tolist(),
            'continuous': continuous.encodings_[0].tolist(),
            'binary': binary.encodings_[0].tolist(),
            'classes': many.classes_.tolist(),
            'multiclass': [encoding.tolist() for encoding in many.encodings_],
        },
    },
    open(os.path.join(here, 'preparation-sklearn.json'), 'w'),
)
