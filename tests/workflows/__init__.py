"""Programs as Keras' users write them, one module a workflow. Only the import differs from a program for Keras, and the
figures in them were recorded from Keras 3.15.1 on TensorFlow 2.21 by running the same module there."""
