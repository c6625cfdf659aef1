"""Small Keras models as tf2onnx writes them, for the tests of importModel.

    pip install tensorflow-cpu tf2onnx
    python packages/autograd/test-data/keras-models.py

Writes <model>.keras.onnx beside this script. Weights come from a seed.
"""

import pathlib
import sys

import onnx
import tensorflow as tf
import tf2onnx
from keras import Model, Sequential, layers, ops, utils

HERE = pathlib.Path(__file__).parent
OPERATOR_SET = 18


def mlp():
    return Sequential([layers.Dense(16, "relu"), layers.Dense(16, "tanh"), layers.Dense(3)])


def cnn():
    return Sequential(
        [
            layers.Conv2D(4, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.DepthwiseConv2D(3, padding="same"),
            layers.BatchNormalization(),
            layers.Activation("relu6"),
            layers.Conv2D(6, 1),
            layers.GlobalAveragePooling2D(),
            layers.Dense(3),
        ]
    )


def recurrent(layer):
    return Sequential([layers.Embedding(20, 6), layer(5, return_sequences=True), layer(5), layers.Dense(3)])


def approximate_gelu(x):
    """tf2onnx has no word for the other kind's Erfc."""
    return ops.gelu(x, approximate=True)


class Encoder(Model):
    """One block of a Transformer encoder with the mean of its places."""

    def __init__(self):
        super().__init__()
        self.words = layers.Embedding(20, 12)
        self.attention = layers.MultiHeadAttention(2, 6)
        self.norm1, self.norm2 = layers.LayerNormalization(), layers.LayerNormalization()
        self.wide, self.narrow = layers.Dense(24, approximate_gelu), layers.Dense(12)
        self.head = layers.Dense(3)

    def call(self, tokens):
        x = self.words(tokens)
        x = self.norm1(x + self.attention(x, x))
        x = self.norm2(x + self.narrow(self.wide(x)))
        return self.head(ops.mean(x, axis=1))


class Factorisation(Model):
    def __init__(self):
        super().__init__()
        self.users, self.items = layers.Embedding(12, 6), layers.Embedding(20, 6)

    def call(self, pair):
        return ops.sum(self.users(pair[:, 0]) * self.items(pair[:, 1]), axis=-1)


TOKENS = tf.TensorSpec((None, 7), tf.int32, name="tokens")
MODELS = {
    "mlp": (mlp, tf.TensorSpec((None, 8), tf.float32, name="x")),
    "cnn": (cnn, tf.TensorSpec((None, 8, 8, 1), tf.float32, name="x")),
    "lstm": (lambda: recurrent(layers.LSTM), TOKENS),
    "gru": (lambda: recurrent(layers.GRU), TOKENS),
    "encoder": (Encoder, TOKENS),
    "factorisation": (Factorisation, tf.TensorSpec((None, 2), tf.int32, name="pair")),
}


def export(name):
    make, spec = MODELS[name]
    utils.set_random_seed(7)
    model = make()
    model(tf.zeros([1 if size is None else size for size in spec.shape], spec.dtype))
    for weight in model.trainable_weights:
        if weight.name in ("bias", "beta"):  # an exporter leaves zeros out
            weight.assign(tf.random.normal(weight.shape, stddev=0.1))
    call = tf.function(lambda x: {"y": model(x, training=False)}, input_signature=[spec])
    converted, _ = tf2onnx.convert.from_function(call, input_signature=[spec], opset=OPERATOR_SET)
    path = HERE / f"{name}.keras.onnx"
    onnx.save(converted, path)
    print(f"{path.name}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    for name in sys.argv[1:] or MODELS:
        export(name)
