# Golden values of core/learn/svm: libsvm through scikit-learn, solved to 1e-10, on standardised columns (n - 1), and Platt's
# sigmoid on given decisions. python3 test/golden/svm.py writes test/golden/svm.json
import json, os
import numpy as np
import pandas as pd
from sklearn.calibration import _SigmoidCalibration
from sklearn.svm import SVC, SVR

here = os.path.dirname(os.path.abspath(__file__))
read = lambda name: pd.read_csv(os.path.join(here, '../../resources/samples', name + '.csv'))
standard = lambda x: (x - x.mean(axis=0)) / x.std(axis=0, ddof=1)

def classes(name, features, target, kernel, cost, gamma, weight=None):
    table = read(name)[features + [target]].dropna()
    x = standard(table[features].to_numpy(float))
    weights = None if weight is None else weight(table)
    machine = SVC(kernel=kernel, C=cost, gamma=gamma, tol=1e-10, cache_size=500, decision_function_shape='ovo')
    machine.fit(x, table[target].astype(str), sample_weight=weights)
    decisions = machine.decision_function(x)
    if len(machine.classes_) == 2:
        decisions = -decisions[:, None]  # libsvm: positive for the first class
    return {
        'sample': name, 'features': features, 'target': target, 'kernel': kernel, 'cost': cost, 'gamma': gamma,
        'classes': machine.classes_.tolist(), 'n': len(table), 'supportVectors': int(machine.n_support_.sum()),
        'weights': None if weights is None else weights.tolist(), 'decisions': decisions.T.tolist(),
    }

def values(name, features, target, kernel, cost, gamma, epsilon):
    table = read(name)[features + [target]].dropna()
    x = standard(table[features].to_numpy(float))
    y = table[target].to_numpy(float)
    scaled = (y - y.mean()) / y.std()
    machine = SVR(kernel=kernel, C=cost, gamma=gamma, epsilon=epsilon, tol=1e-10, cache_size=500).fit(x, scaled)
    return {
        'sample': name, 'features': features, 'target': target, 'kernel': kernel, 'cost': cost, 'gamma': gamma,
        'epsilon': epsilon, 'n': len(table), 'supportVectors': len(machine.support_),
        'predicted': (machine.predict(x) * y.std() + y.mean()).tolist(),
    }

biopsy = ['V%d' % i for i in range(1, 10)]
pima = ['npreg', 'glu', 'bp', 'skin', 'bmi', 'ped', 'age']
fat = [c for c in read('bodyfat').columns if c != 'DEXfat']
sugar = [c for c in read('diabetes').columns if c != 'target']

table = read('pima')[pima + ['type']].dropna()
machine = SVC(kernel='rbf', C=1, gamma=0.1).fit(standard(table[pima].to_numpy(float)), table['type'])
decisions = machine.decision_function(standard(table[pima].to_numpy(float)))
sigmoid = _SigmoidCalibration().fit(decisions, (table['type'] == 'Yes').to_numpy(int))

json.dump({
    'classes': [
        classes('biopsy', biopsy, 'class', 'rbf', 1.0, 0.1),
        classes('biopsy', biopsy, 'class', 'linear', 0.1, 0.0),
        classes('pima', pima, 'type', 'rbf', 2.0, 0.2, lambda t: 1 + (t['age'] > 30).to_numpy(float)),
        classes('boys', ['age', 'hgt', 'wgt'], 'gen', 'rbf', 10.0, 0.5),
    ],
    'values': [
        values('bodyfat', fat, 'DEXfat', 'rbf', 1.0, 0.1, 0.1),
        values('bodyfat', fat, 'DEXfat', 'linear', 0.5, 0.0, 0.2),
        values('diabetes', sugar, 'target', 'rbf', 3.0, 0.05, 0.1),
    ],
    'sigmoid': {
        'decisions': decisions.tolist(), 'positive': (table['type'] == 'Yes').astype(int).tolist(),
        'a': float(sigmoid.a_), 'b': float(sigmoid.b_),
    },
}, open(os.path.join(here, 'svm.json'), 'w'))
