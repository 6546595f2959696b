"""Table Desk: data frames, plots and typed functions (`gr.api`) without a user interface.

Run it with `python examples/table.py`; `generated/table_desk.py` is its client.
"""

from typing import Literal, TypedDict

import gradio as gr
import numpy as np
import pandas as pd


class Point(TypedDict):
    """A reading of one sensor."""

    sensor: str
    value: float


def readings(sensors: list[str], days: int, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Make up one reading per sensor and day; returns the table and a plot of it."""
    random = np.random.default_rng(seed)
    rows = [
        (day, sensor, round(float(random.normal(20, 4)), 2))
        for day in range(1, int(days) + 1)
        for sensor in sensors
    ]
    table = pd.DataFrame(rows, columns=["day", "sensor", "value"])
    return table, table


def summarise(
    table: pd.DataFrame, by: str, statistic: str
) -> tuple[pd.DataFrame, dict[str, float]]:
    """Group a table of readings; returns the groups and each group's share of the sum."""
    values = table.assign(value=table["value"].astype(float)).groupby(by)["value"]
    groups = values.agg(statistic).round(2).reset_index()
    shares = values.sum() / values.sum().sum()
    return groups, {str(group): float(share) for group, share in shares.items()}


def warmest(points: list[Point], unit: Literal["C", "F"] = "C") -> Point:
    """The highest of some readings, in degrees Celsius or Fahrenheit."""
    best = max(points, key=lambda point: point["value"])
    value = best["value"] if unit == "C" else best["value"] * 9 / 5 + 32
    return {"sensor": best["sensor"], "value": round(value, 2)}


with gr.Blocks(title="Table Desk") as demo:
    gr.Markdown("# Table Desk")
    with gr.Row():
        sensors = gr.CheckboxGroup(
            ["roof", "cellar", "garden"], value=["roof", "garden"], label="Sensors"
        )
        days = gr.Slider(1, 60, value=14, step=1, label="Days")
        seed = gr.Number(1, precision=0, label="Seed")
    table = gr.Dataframe(label="Readings", headers=["day", "sensor", "value"])
    plot = gr.LinePlot(x="day", y="value", color="sensor", label="Course")
    gr.Button("Read").click(readings, [sensors, days, seed], [table, plot], api_name="readings")
    with gr.Row():
        by = gr.Radio(["sensor", "day"], value="sensor", label="Group by")
        statistic = gr.Dropdown(["mean", "median", "min", "max"], value="mean", label="Statistic")
    groups, shares = gr.Dataframe(label="Groups"), gr.Label(label="Shares")
    gr.Button("Summarise").click(
        summarise, [table, by, statistic], [groups, shares], api_name="summarise"
    )
    gr.api(warmest, api_name="warmest")

if __name__ == "__main__":
    demo.launch()
