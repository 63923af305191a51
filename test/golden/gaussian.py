# Golden values of core/study/tune/gaussian.ts: scikit-learn's Gaussian process with a Matérn 5/2 kernel, nothing optimised.
# python3 test/golden/gaussian.py writes test/golden/gaussian.json
import json, os
import numpy as np
from scipy.stats import norm
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import Matern

here = os.path.dirname(os.path.abspath(__file__))
x = np.array([[(i * 0.37) % 1, (i * 0.61) % 1] for i in range(1, 13)])
y = np.sin(5 * x[:, 0]) + x[:, 1] ** 2
lengths, noise = [0.4, 0.9], 0.02
z = (y - y.mean()) / y.std()
process = GaussianProcessRegressor(Matern(lengths, nu=2.5), alpha=noise + 1e-10, optimizer=None).fit(x, z)
at = np.array([[0.1, 0.2], [0.5, 0.5], [0.95, 0.05], [0.37, 0.61]])
mean, sd = process.predict(at, return_std=True)
mean, sd = y.mean() + y.std() * mean, y.std() * sd
best = float(y.max())
improvement = (mean - best) * norm.cdf((mean - best) / sd) + sd * norm.pdf((mean - best) / sd)
json.dump(
    {'x': x.tolist(), 'y': y.tolist(), 'lengths': lengths, 'noise': noise, 'at': at.tolist(), 'mean': mean.tolist(),
     'sd': sd.tolist(), 'best': best, 'improvement': improvement.tolist(), 'likelihood': float(process.log_marginal_likelihood_value_)},
    open(os.path.join(here, 'gaussian.json'), 'w'),
)
