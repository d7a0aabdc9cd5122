"""The public matching-engine benchmark: its published hashes, its edge cases, its small flows."""

import gzip
import json
import struct

import numpy as np
import pytest

from bench.conformance import RECORD, canonical, main, make_commands, play, read_records
from protocol.mistake import Mistake
from tests.reference import reference_path

KINDS = {"N": 0, "C": 1, "M": 2}
SIDES = {"B": 0, "S": 1}

EDGE_CASES = [
    "cancel_middle_then_sweep",
    "cancel_head_then_sweep",
    "multi_level_ioc_sweep",
    "modify_into_cross",
    "partial_fill_then_cancel",
    "full_fill_then_stale_cancel",
    "fifo_priority",
    "deep_fifo_scattered_cancel",
    "sweep_residual_becomes_bbo",
    "modify_partially_filled_residual",
    "stale_modify_after_full_fill",
    "reuse_id_after_cancel",
    "two_level_cancel_sell_priority",
    "exact_multilevel_boundary",
    "taker_price_both_directions",
    "same_level_full_double_consume",
    "post_sweep_book_health",
    "price_priority_both_sides_reverse_arrival",
    "cancel_best_level_minimal_reprobe",
    "ioc_partial_fill_must_not_rest",
    "limit_order_stops_at_own_price",
    "partial_fill_exact_residual_drain",
    "fifo_same_price_multi_aggressor",
    "reuse_id_after_full_fill",
    "cancel_never_issued_id",
    "stale_ops_after_cancel",
    "wide_in_domain_price_ceiling",
    "large_order_id_ceiling",
    "deep_recursive_sweep_5000",
    "phantom_trade_exact_exhaust",
    "cancel_best_ask_minimal_reprobe",
    "cancel_empties_entire_side_then_refill",
    "modify_shared_level_sibling_survives",
    "modify_into_cross_price_improvement",
]


def to_records(messages):
    records = np.zeros(len(messages), RECORD)
    for record, message in zip(records, messages, strict=True):
        record["type"] = KINDS[message["type"]]
        record["side"] = SIDES[message["side"]]
        record["ioc"] = message["ioc"]
        record["quantity"] = message["qty"]
        record["sequence"] = message["seq"]
        record["order_id"] = message["id"]
        record["price"] = message["price"]
    return records


def still_resting(records, reports):
    """Return {id: [side, price]} of the orders that their last report leaves open."""
    last = {int(row["order_number"]): row for row in reports if row["leaves"] or row["quantity"]}
    ids = records["order_id"][records["type"] == 0]
    return {
        str(ids[number - 1]): [int(row["side"]), int(row["price"])]
        for number, row in last.items()
        if row["leaves"]
    }


@pytest.mark.parametrize("name", EDGE_CASES)
def test_an_edge_case_of_the_benchmark(name):
    path = reference_path("conformance/edge_cases_34.json.gz")
    cases = {case["name"]: case for case in json.loads(gzip.decompress(path.read_bytes()))}
    assert list(cases) == EDGE_CASES
    records = to_records(cases[name]["input"])
    commands, reports = play(*make_commands(records))
    assert list(canonical(records, commands, reports)) == cases[name]["expected_reports"]
    assert still_resting(records, reports) == cases[name]["resting"]


@pytest.mark.parametrize("flow", ["small_normal_20000_7", "small_swing-40_20000_11"])
def test_a_small_flow_gives_every_report_of_the_benchmark(flow):
    records = read_records(reference_path(f"conformance/{flow}.bin.gz"))
    expected = gzip.decompress(
        reference_path(f"conformance/{flow}_expected_reports.csv.gz").read_bytes()
    )
    text = "\n".join(canonical(records, *play(*make_commands(records))))
    assert text == expected.decode().rstrip("\n")


def test_the_normal_scenario_has_the_published_hash(capsys):
    hashes = reference_path("conformance/correctness_hash.txt").read_text()
    scenario = reference_path("conformance/normal_seed23_1M.bin.gz")
    assert main([str(scenario), "--runs", "1"]) == 0
    figures = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert figures["messages"] == 1_996_097
    assert f"{figures['sha256']}  normal_seed23_count1000000_reports.txt" in hashes
    assert figures["messages_per_second"] > 0 and 0 < figures["floor_ratio"] < 1


def two_instruments(tmp_path):
    """Write the same three messages for instruments 0 and 1, one behind the other."""
    records = np.zeros(6, RECORD)
    records["sequence"] = np.arange(6)
    records["order_id"] = [1, 2, 3, 4, 5, 6]
    records["instrument"] = [0, 1, 0, 1, 0, 1]
    records["side"] = [0, 0, 1, 1, 1, 1]
    records["quantity"] = 10
    records["price"] = [100, 7_000, 100, 7_000, 101, 7_001]
    path = tmp_path / "two.bin"
    path.write_bytes(struct.pack("<QII", 1, 1, len(records)) + records.tobytes())
    return path


def test_a_file_of_two_instruments_keeps_their_books_apart(tmp_path, capsys):
    path, said = two_instruments(tmp_path), tmp_path / "reports.txt"
    assert main([str(path), "--runs", "1", "--reports", str(said)]) == 0
    assert said.read_text().splitlines() == [
        "0,0,0,1,100,10",
        "0,1,0,2,7000,10",
        "0,2,1,3,100,10",
        "1,2,100,10,1,3",
        "0,3,1,4,7000,10",
        "1,3,7000,10,2,4",
        "0,4,1,5,101,10",
        "0,5,1,6,7001,10",
    ]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"short", "is too short for a header of 16 bytes"),
        (struct.pack("<QII", 1, 9, 0), "version 9 with 0 records does not fit 0 bytes"),
        (
            struct.pack("<QII", 1, 1, 2) + bytes(40),
            "version 1 with 2 records does not fit 40 bytes",
        ),
    ],
)
def test_a_file_that_is_none_of_the_benchmarks_is_refused(tmp_path, content, told):
    path = tmp_path / "broken.bin"
    path.write_bytes(content)
    with pytest.raises(Mistake, match=told):
        read_records(path)
