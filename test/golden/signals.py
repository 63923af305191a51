"""The samples of signals and pictures, from the data sets they came in.
python3 test/golden/signals.py <folder with the data files>   (from the repository's root; writes resources/samples/*.csv)

infant-sleep    R wavethresh 4.7.2, BabyECG and BabySS: 2,048 heart rates 16 s apart and the sleep state then, of one infant. Cut into
                16 stretches of 128 (34 minutes), which stand as records of their own. No value is changed.
motor-imagery   biosig's sample.gdf (Debian octave-biosig 2.5.0): 40 trials, 4 channels at 256 Hz. The 4 s after each cue, low-passed and
                thinned to 64 Hz (scipy.signal.decimate, FIR, forwards and backwards), in thousands of the file's units, whole numbers.
digits          scikit-learn 1.2.1, load_digits: 1,797 handwritten digits of 8 x 8 pixels, 0 to 16. No value is changed."""
import sys
import numpy as np, pandas as pd
from scipy.signal import decimate
from sklearn.datasets import load_digits

folder, out = sys.argv[1], "resources/samples"

rate = pd.read_csv(f"{folder}/wavethresh_BabyECG.csv")["value"]
state = pd.read_csv(f"{folder}/wavethresh_BabySS.csv")["value"]
at = np.arange(len(rate))
pd.DataFrame({"stretch": at // 128 + 1, "second": at * 16, "heart_rate": rate, "state": state}).to_csv(
    f"{out}/infant-sleep.csv", index=False, lineterminator="\n" if pd.__version__ >= "1.5" else None)

signal = pd.read_csv(f"{folder}/biosig_eeg_sample.csv")
events = pd.read_csv(f"{folder}/biosig_eeg_events.csv")
slow = decimate(signal.to_numpy(), 4, ftype="fir", axis=0, zero_phase=True)
rows = []
for trial, (onset, code) in enumerate(events[events.code.isin([769, 770])][["onset_s", "code"]].to_numpy()):
    first = int(round(onset * 64))
    for step in range(256):
        values = np.round(slow[first + step] / 1000).astype(int)
        rows.append([trial + 1, (step + 1) / 64, *values, "left" if code == 769 else "right"])
pd.DataFrame(rows, columns=["trial", "second", "channel1", "channel2", "channel3", "channel5", "cue"]).to_csv(
    f"{out}/motor-imagery.csv", index=False)

digits = load_digits()
table = pd.DataFrame(digits.data.astype(int), columns=[f"p{i}" for i in range(64)])
table["digit"] = digits.target
table.to_csv(f"{out}/digits.csv", index=False)
