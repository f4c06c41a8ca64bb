"""Reads an event file with TensorBoard's own loader, and writes one with its own writer.

Usage: bench_export_tensorboard.py EVENTS OUT_FOLDER; prints [[tag, step, value, wall_time], ...] of EVENTS.
"""
import json
import sys

from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.event_file_writer import EventFileWriter
from tensorboard.util import tensor_util

rows = []
for event in EventFileLoader(sys.argv[1]).Load():
    for value in event.summary.value:
        rows.append([value.tag, event.step, float(tensor_util.make_ndarray(value.tensor)), event.wall_time])
json.dump(rows, sys.stdout)

writer = EventFileWriter(sys.argv[2])
for step in range(3):
    writer.add_event(Event(wall_time=1000.5 + step, step=10 * step,
                           summary=Summary(value=[Summary.Value(tag="old", simple_value=0.5 * step)])))
    writer.add_event(Event(wall_time=1000.5 + step, step=10 * step,
                           summary=Summary(value=[Summary.Value(tag="new", tensor=tensor_util.make_tensor_proto(float(step)))])))
writer.close()
