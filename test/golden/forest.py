# Golden values of core/learn/trees: single trees of scikit-learn, which leave nothing to chance.
# python3 test/golden/forest.py <folder with the data files> writes test/golden/forest-sklearn.json
import json, os, sys
import pandas as pd
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

data = sys.argv[1]
here = os.path.dirname(os.path.abspath(__file__))
read = lambda file: pd.read_csv(os.path.join(data, file))

fat = read('TH.data_bodyfat.csv')
x = fat.drop(columns='DEXfat')
regressor = DecisionTreeRegressor(max_depth=4, min_samples_leaf=5, random_state=1).fit(x, fat['DEXfat'])

pima = read('MASS_Pima_tr2.csv').dropna()
px = pima.drop(columns='type')
classifier = DecisionTreeClassifier(max_depth=4, min_samples_leaf=10, random_state=1).fit(px, pima['type'] == 'Yes')

boys = read('mice_boys.csv')[['age', 'hgt', 'wgt', 'gen']].dropna()
many = DecisionTreeClassifier(max_depth=3, min_samples_leaf=10, random_state=1).fit(boys[['age', 'hgt', 'wgt']], boys['gen'])

json.dump(
    {
        'bodyfat': {'x': x.to_dict('list'), 'y': fat['DEXfat'].tolist(), 'predicted': regressor.predict(x).tolist()},
        'pima': {
            'x': px.to_dict('list'),
            'y': (pima['type'] == 'Yes').astype(int).tolist(),
            'predicted': classifier.predict_proba(px)[:, 1].tolist(),
        },
        'boys': {
            'x': boys[['age', 'hgt', 'wgt']].to_dict('list'),
            'classes': many.classes_.tolist(),
            'y': [many.classes_.tolist().index(g) for g in boys['gen']],
            'predicted': many.predict_proba(boys[['age', 'hgt', 'wgt']]).tolist(),
        },
    },
    open(os.path.join(here, 'forest-sklearn.json'), 'w'),
)
