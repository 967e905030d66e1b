"""What differs from Keras other than in arguments, and why names of Keras are missing, for docs/compatibility.md."""

DIFFERS = {
    "callbacks.BackupAndRestore": "the history of a training that goes on has its first epochs, too",
    "config.backend": "gives 'numpy'",
    "config.set_backend": "takes 'numpy' only",
    "config.set_dtype_policy": "takes float16, float32 and float64; mixed policies are refused",
    "dtype_policies.DTypePolicy": "float16, float32 and float64; mixed policies are refused",
    "dtype_policies.FloatDTypePolicy": "float16, float32 and float64; mixed policies are refused",
    "layers.BatchNormalization": "`synchronized=True` is refused: there is one machine",
    "ops.bincount": "`sparse=True` is refused",
    "ops.convert_to_tensor": "`sparse=True` and `ragged=True` are refused",
    "ops.einsum": "no keywords for TensorFlow's or JAX' own einsum",
    "ops.layer_normalization": "of Keras' further keywords only `rms_scaling`",
    "ops.lu_factor": "pivots as LAPACK counts them, as in Keras on JAX; on TensorFlow they are places of rows",
    "ops.multi_hot": "`sparse=True` and the old name `num_tokens` are refused",
    "ops.one_hot": "`sparse=True` is refused",
    "saving.deserialize_keras_object": "`safe_mode=False` is refused: no code is taken from files",
    "saving.load_model": "`safe_mode=False` is refused: no code is taken from files",
    "utils.audio_dataset_from_directory": "`sampling_rate` and `ragged=True` are refused",
    "utils.image_dataset_from_directory": "`format` is 'tf'",
    "utils.text_dataset_from_directory": "`format` is 'tf'",
    "utils.deserialize_keras_object": "`safe_mode=False` is refused: no code is taken from files",
    "utils.set_random_seed": "leaves Python's `random` and NumPy's global generator alone",
}
for _path in ("bincount", "einsum", "one_hot", "multi_hot", "layer_normalization", "lu_factor"):
    for _space in ("numpy", "nn", "linalg"):
        DIFFERS[f"ops.{_space}.{_path}"] = DIFFERS[f"ops.{_path}"]
DIFFERS["models.load_model"] = DIFFERS["saving.load_model"]

_FRAMEWORK = "wraps a model of another framework"
_QUANTIZED = "there is no quantization"
LEFT_OUT = {
    "callbacks.OrbaxCheckpoint": "writes files of another framework",
    "callbacks.RemoteMonitor": "sends what happens in training over the network",
    "config.enable_unsafe_deserialization": "no code is taken from files",
    "dtype_policies.DTypePolicyMap": _QUANTIZED,
    "layers.FlaxLayer": _FRAMEWORK, "layers.JaxLayer": _FRAMEWORK, "layers.TFSMLayer": _FRAMEWORK,
    "layers.TorchModuleWrapper": _FRAMEWORK,
    "config.is_nnx_enabled": "belongs to Keras on JAX",
    **{f"config.{name}": "there is one way to compute attention" for name in (
        "disable_flash_attention", "enable_flash_attention", "is_flash_attention_enabled")},
    **{f"config.{name}": "tracebacks are always whole" for name in (
        "disable_traceback_filtering", "enable_traceback_filtering", "is_traceback_filtering_enabled")},
    **{f"dtype_policies.{name}": _QUANTIZED for name in (
        "AWQDTypePolicy", "GPTQDTypePolicy", "Int4DTypePolicy", "QuantizedDTypePolicy", "QuantizedFloat8DTypePolicy")},
}

_LATER = "nobody has asked for it yet"
NOT_YET = {
    "saving.KerasFileEditor": _LATER,
    **{f"utils.{name}": _LATER for name in ("model_to_dot", "plot_model")},
}
