import sys
from pathlib import Path

from . import MODELS, write

for name in sys.argv[2:] or MODELS:
    print(name, *write(Path(sys.argv[1]), name).items())
