"""Convolutions: plain, transposed, depthwise and separable."""

from minikeras import layers

from . import Example, numbers

STEPS, IMAGES, VOLUMES = numbers(4, 6, 4), numbers(4, 5, 4, 2), numbers(4, 3, 3, 4, 2)
FIRST = numbers(4, 2, 5, 4)
EXAMPLES = {
    "Conv1D": [Example(lambda: layers.Conv1D(3, 2, 2, activation="tanh", kernel_regularizer="l2"), STEPS),
               Example(lambda: layers.Conv1D(4, 3, padding="causal", dilation_rate=2, groups=2), STEPS),
               Example(lambda: layers.Conv1D(3, 2, padding="causal", data_format="channels_first"), STEPS)],
    "Conv2D": [Example(lambda: layers.Conv2D(3, (3, 2), padding="same", bias_initializer="ones"), IMAGES),
               Example(lambda: layers.Conv2D(2, 3, strides=(2, 1), use_bias=False, kernel_constraint="max_norm"),
                       IMAGES),
               Example(lambda: layers.Conv2D(2, 1, strides=2, data_format="channels_first"), FIRST),
               Example(lambda: layers.Conv2D(3, 2, lora_rank=2, lora_alpha=3), IMAGES)],
    "Conv3D": [Example(lambda: layers.Conv3D(2, 2), VOLUMES),
               Example(lambda: layers.Conv3D(4, (2, 1, 3), padding="same", groups=2, strides=(1, 2, 1)), VOLUMES)],
    "Conv1DTranspose": [Example(lambda: layers.Conv1DTranspose(3, 3, 2, padding="same"), STEPS),
                        Example(lambda: layers.Conv1DTranspose(2, 2, 3, output_padding=1), STEPS)],
    "Conv2DTranspose": [Example(lambda: layers.Conv2DTranspose(3, (2, 3), activation="sigmoid"), IMAGES),
                        Example(lambda: layers.Conv2DTranspose(2, 2, 2, "same", 1, "channels_first"), FIRST),
                        Example(lambda: layers.Conv2DTranspose(2, 2, dilation_rate=2, use_bias=False), IMAGES)],
    "Conv3DTranspose": Example(lambda: layers.Conv3DTranspose(2, 2, (1, 2, 1), padding="same"), VOLUMES),
    "DepthwiseConv1D": Example(lambda: layers.DepthwiseConv1D(3, depth_multiplier=2, dilation_rate=2), STEPS),
    "DepthwiseConv2D": [Example(lambda: layers.DepthwiseConv2D(3, depth_multiplier=2, padding="same"), IMAGES),
                        Example(lambda: layers.DepthwiseConv2D(2, 2, data_format="channels_first"), FIRST)],
    "SeparableConv1D": Example(lambda: layers.SeparableConv1D(3, 2, 2, depthwise_regularizer="l1"), STEPS),
    "SeparableConv2D": [Example(lambda: layers.SeparableConv2D(3, (2, 3), padding="same", depth_multiplier=2), IMAGES),
                        Example(lambda: layers.SeparableConv2D(2, 2, dilation_rate=2, data_format="channels_first"),
                                FIRST)],
}
