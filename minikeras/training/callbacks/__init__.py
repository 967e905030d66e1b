"""Callbacks: told what training does, they record, stop or change it."""

from .averages import SwapEMAWeights
from .backup import BackupAndRestore
from .base import Callback
from .callback_list import CallbackList
from .checkpoint import ModelCheckpoint
from .csv_logger import CSVLogger
from .early_stopping import EarlyStopping
from .functions import LambdaCallback
from .history import History
from .learning_rate import LearningRateScheduler, ReduceLROnPlateau
from .monitoring import is_maximized
from .nan import TerminateOnNaN, is_lost
from .progress import ProgbarLogger
from .tensorboard import TensorBoard
