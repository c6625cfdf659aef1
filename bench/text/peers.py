"""Text classifiers that others use, on the messages that come as JSON on standard input."""

import json
import re
import sys
import time

import vowpalwabbit
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline, make_union

task = json.load(sys.stdin)
train = [(one["text"], one["label"]) for one in task["train"]]
test = [(one["text"], one["label"]) for one in task["test"]]
place = {label: k + 1 for k, label in enumerate(task["classes"])}


def words_and_characters():
    return make_union(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True),
    )


def run_scikit_learn():
    models = {
        "words": make_pipeline(TfidfVectorizer(), LogisticRegression(max_iter=1000)),
        "words and characters": make_pipeline(
            words_and_characters(), LogisticRegression(max_iter=1000, C=10)
        ),
    }
    for name, model in models.items():
        began = time.time()
        model.fit(*zip(*train))
        seconds = time.time() - began
        right = model.score(*zip(*test))
        print(
            f"scikit-learn TF-IDF of {name} + logistic regression: "
            f"test {100 * right:.2f} % ({seconds:.1f} s)",
            flush=True,
        )


def features_of(text):
    words = re.sub(r"[:|\n]", " ", text.lower())
    run = "_" + re.sub(r"[^a-z0-9]+", "_", text.lower()) + "_"
    parts = (run[i : i + n] for n in (3, 4, 5) for i in range(len(run) - n + 1))
    return f"|w {words} |c {' '.join(parts)}"


def run_vowpal_wabbit():
    model = vowpalwabbit.Workspace(
        f"--oaa {len(place)} --loss_function logistic -b 25 --ngram w2 -l 2 --quiet"
    )
    right, marks, began = 0, [], time.time()
    for seen, (text, label) in enumerate(train, 1):
        features = features_of(text)
        right += model.predict(features) == place[label]
        model.learn(f"{place[label]} {features}")
        if seen in task["marks"]:
            marks.append(f"{100 * right / seen:.1f}")
    seconds = time.time() - began
    held = sum(model.predict(features_of(text)) == place[label] for text, label in test)
    print(
        f"Vowpal Wabbit, words, pairs and characters: progressive {' / '.join(marks)}, "
        f"test {100 * held / len(test):.2f} % ({seconds:.1f} s)"
    )


run_scikit_learn()
run_vowpal_wabbit()
