"""What the peers compute of the same paths: one JSON document on standard output.

Usage: attribution.py SMALL.csv LARGE.csv, files of the columns path (players joined by >), conversions, nulls.
Needs: pip install channelattribution matplotlib marketing-attribution-models
"""

import contextlib
import io
import json
import sys
import time

with contextlib.redirect_stdout(io.StringIO()):
    import ChannelAttribution
import pandas
import polars
from mam.models import MarkovModel, ShapleyModel


def channel_attribution(data, order):
    """Simulated, so its removal effects are near ours only. Timed without reading the file."""
    began = time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()):
        result = ChannelAttribution.markov_model(
            data, "path", "conversions", var_null="nulls", order=order, out_more=True, verbose=False, flg_pro=False
        )
    seconds = time.perf_counter() - began
    effects = result["removal_effects"]
    column = [name for name in effects.columns if name.startswith("removal_effect")][0]
    return {"seconds": seconds, "effects": dict(zip(effects["channel_name"], effects[column]))}


def transitions(data):
    """Exact: the probabilities of the chain of order 1 without repeats."""
    with contextlib.redirect_stdout(io.StringIO()):
        result = ChannelAttribution.transition_matrix(
            data, "path", "conversions", "nulls", order=1, flg_equal=False, flg_pro=False
        )
    channels, matrix = result["channels"], result["transition_matrix"]
    names = {str(key): name for key, name in zip(channels["id_channel"], channels["channel_name"])}
    name = lambda key: names.get(str(key), str(key))
    rows = zip(matrix["channel_from"], matrix["channel_to"], matrix["transition_probability"])
    return [[name(start), name(end), probability] for start, end, probability in rows]


def journeys(data):
    """One row for each path and ending, in the schema of mam."""
    paths = [path.split(">") for path in data["path"]]
    rows = [
        {"journey_id": f"{index} {ended}", "channels": path, "has_conversion": ended, "weight": count}
        for index, (path, won, lost) in enumerate(zip(paths, data["conversions"], data["nulls"]))
        for ended, count in ((True, won), (False, lost))
        if count > 0
    ]
    return polars.DataFrame(rows).with_columns(
        conversion_value=polars.col("has_conversion").cast(polars.Float64), weight=polars.col("weight").cast(polars.Int64)
    )


def markov(frame):
    model = MarkovModel()
    model.calculate(frame)
    return model.removal_effect_df["removal_effect"].to_dict()


def shapley(frame):
    """Sums, over the sets of channels that convert, of Shapley values of the conversions of exactly each set."""
    result = ShapleyModel(max_size=None, value_column="conversions").get_aggregated_results(frame)
    return dict(zip(result["channels"].to_list(), result["attribution"].to_list()))


small, large = pandas.read_csv(sys.argv[1]), pandas.read_csv(sys.argv[2])
frame = journeys(small)
print(
    json.dumps(
        {
            "markov": markov(frame),
            "shapley": shapley(frame),
            "transitions": transitions(small),
            "simulated": channel_attribution(small, 1),
            "large": channel_attribution(large, 1),
        }
    )
)
