"""Charts: valid, labelled, escaped, readable in both themes."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tuneworthy.web
from tuneworthy.core.nouns.base import Interval
from tuneworthy.core.nouns.failures import FailureCluster, FailureSlice, SliceVerdict
from tuneworthy.core.nouns.gate import GateName, GateState
from tuneworthy.core.nouns.money import Outcome, Swing, Tornado
from tuneworthy.core.nouns.monitoring import DriftResult
from tuneworthy.core.nouns.report import ReportArm, StageTime
from tuneworthy.core.nouns.run import Comparison
from tuneworthy.core.nouns.scorecard import DimensionId, DimensionScore
from tuneworthy.core.nouns.serving import Rollout, StageResult
from tuneworthy.methods import charts
from tuneworthy.methods.charts import words
from tuneworthy.methods.charts.palette import TOKENS, standalone
from tuneworthy.methods.charts.words import MINUS

SVG = "{http://www.w3.org/2000/svg}"
AREAS = ("Problem fit", "Dataset quality", "Evaluation", "Safety & compliance", "Infra", "Serving")
CODES: tuple[DimensionId, ...] = ("D1", "D2", "D3", "D4", "D5", "D6")


def area(code: DimensionId, name: str, evidenced: int, target: int = 3) -> DimensionScore:
    return DimensionScore(
        id=code, name=name, declared=2, evidenced=evidenced, target=target, predicates=()
    )


def areas(
    names: Sequence[str] = AREAS, levels: Sequence[int] = (3, 4, 2, 3, 3, 1)
) -> list[DimensionScore]:
    return [area(c, n, level) for c, n, level in zip(CODES, names, levels, strict=True)]


def arm(name: str, value: float, low: float, high: float) -> ReportArm:
    score = Interval(value=value, low=low, high=high, n=237)
    return ReportArm(name=name, kind="x", score=score, valid_share=1, cpu_seconds=1, tokens=1)


def compared(name: str, value: float, low: float, high: float, verdict: Any) -> Comparison:
    return Comparison(
        id=name,
        suite="s",
        candidate="c",
        against="a",
        against_name=name,
        delta=Interval(value=value, low=low, high=high, n=237),
        p_value=0.01,
        newly_right=9,
        newly_wrong=1,
        verdict=verdict,
    )


def drift(p: float, *, drifted: bool) -> DriftResult:
    return DriftResult(
        reference=500,
        window=250,
        p_mmd=p,
        p_novelty=p,
        p_value=p,
        alpha=0.01,
        drifted=drifted,
        novel_share=0.41,
    )


def gate(name: GateName, *, is_open: bool, void: tuple[str, ...] = ()) -> GateState:
    return GateState(
        gate=name,
        open=is_open,
        subject="s",
        bundle="b",
        approvers={},
        missing_evidence=(),
        missing_roles=(),
        void=void,
    )


def stage(name: str, begin: str, end: str, state: Any) -> StageTime:
    return StageTime(name=name, started_at=begin, ended_at=end, state=state)


def rollout(name: str = "r") -> Rollout:
    outcomes: Any = ("passed", "rolled_back", "held", "running")
    return Rollout(
        id=name,
        route=name,
        candidate="c",
        control="c",
        stages=(5, 25, 50, 75, 100),
        results=tuple(
            StageResult(
                percent=percent,
                control_requests=900,
                canary_requests=1200,
                e_value_harm=1,
                e_value_promote=1,
                outcome=outcome,
            )
            for percent, outcome in zip((5, 25, 50, 75), outcomes, strict=True)
        ),
        state="rolled_back",
        created_at="",
    )


def outcome(months: float | None, net: float) -> Outcome:
    return Outcome(months=months, net=net)


def tornado(name: str = "row", *, unit: Any = "months", currency: str = "") -> Tornado:
    middle = outcome(40, 150) if unit == "months" else outcome(None, -50)
    ends = [
        (outcome(10.9, 550), outcome(None, -250)),
        (outcome(55, 109), outcome(30, 200)),
        (outcome(40, 150), outcome(2e6, 0.003)),
    ]
    return Tornado(
        unit=unit,
        middle=middle,
        swings=tuple(Swing(section="ongoing", name=name, low=a, high=b) for a, b in ends),
        currency=currency,
    )


def every(text: str) -> dict[str, str]:
    """Each chart with one text wherever it takes one."""
    return {
        "radar": charts.radar(areas(names=[text] * 6)),
        "arms": charts.arms_chart(
            [arm(text + "a", 0.47, 0.41, 0.53), arm(text + "b", 0, 0, 0.02)],
            arm(text, 0.59, 0.53, 0.65),
            0.55,
        ),
        "delta": charts.delta_strip(
            [
                compared(text, 0.12, 0.08, 0.16, "clearly better"),
                compared(text, 0.02, -0.03, 0.07, "within noise"),
                compared(text, -0.2, -0.27, -0.13, "clearly worse"),
                compared(text, 0.2, -0.5, 0.9, "too few cases"),
            ]
        ),
        "timeline": charts.timeline(
            [
                stage(text, "2026-11-21T07:00:00Z", "2026-11-21T07:04:00Z", "done"),
                stage(text, "2026-11-21T07:04:00Z", "", "running"),
                stage(text, "2026-11-21T07:05:00Z", "2026-11-21T07:09:00Z", "blocked"),
                stage(text, "", "", "planned"),
                stage(text, text, text, "planned"),
            ],
            [
                gate(GateName.START, is_open=True),
                gate(GateName.BUILD, is_open=False, void=(text,)),
                gate(GateName.PROOF, is_open=False),
            ],
        ),
        "rollout": charts.rollout_strip(rollout(text)),
        "drift": charts.drift_strip(drift(0.0008, drifted=True)),
        "no drift": charts.drift_strip(drift(0.4, drifted=False)),
        "drift line": charts.drift_line([drift(0.4, drifted=False), drift(1e-9, drifted=True)]),
        "sparkline": charts.sparkline([2.4, 1.1, 0.6, 0.7], text),
        "no values": charts.sparkline([], text),
        "tornado": charts.tornado_chart(tornado(text, currency=text), limit=6),
        "tornado by net": charts.tornado_chart(tornado(text, unit="net", currency=text), limit=6),
        "no ranges": charts.tornado_chart(tornado().model_copy(update={"swings": ()})),
    }


PLAIN = every("word")


def parse(svg: str) -> ET.Element:
    return ET.fromstring(svg)  # noqa: S314 - our own drawing, nobody else's file


def texts(svg: str) -> list[str]:
    return [(node.text or "").replace("\u00a0", " ") for node in parse(svg).iter(SVG + "text")]


def luminance(colour: str) -> float:
    """Relative luminance by WCAG 2.2."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def css_tokens() -> dict[str, tuple[str, str]]:
    """The light and dark values that the style sheet really gives."""
    css = (Path(tuneworthy.web.__file__).parent / "static" / "tokens.css").read_text("utf-8")
    found = re.findall(r"--([a-z-]+): light-dark\((#\w+), (#\w+)\)", css)
    plain = dict(re.findall(r"\n  --([a-z-]+): (#\w+);", css))

    def full(value: str) -> str:
        return value if len(value) == 7 else "#" + "".join(letter * 2 for letter in value[1:])

    assert {name: full(value) for name, value in plain.items()} == {
        name: full(light) for name, light, _ in found
    }
    return {name: (full(light), full(dark)) for name, light, dark in found}


def test_the_style_sheet_and_the_palette_agree():
    assert css_tokens() == TOKENS


@pytest.mark.parametrize("name", PLAIN)
def test_a_chart_is_valid_and_says_what_it_shows(name):
    root = parse(PLAIN[name])
    assert root.tag == SVG + "svg"
    assert root.get("role") == "img"
    assert [child.tag for child in root][:2] == [SVG + "title", SVG + "desc"]
    assert all(child.text for child in list(root)[:2])
    assert root.get("width") == "100%"
    assert float(root.get("height") or 0) > 0
    assert len(PLAIN[name]) < 8_000


@pytest.mark.parametrize("name", PLAIN)
def test_a_chart_has_no_colour_of_its_own(name):
    for node in parse(PLAIN[name]).iter():
        assert node.get("style") is None
        for key in ("fill", "stroke"):
            colour = node.get(key, "none")
            assert colour == "none" or colour.removeprefix("var(--").removesuffix(")") in TOKENS


@pytest.mark.parametrize(("name", "column"), list(product(PLAIN, (0, 1))))
def test_every_text_can_be_read_in_both_themes(name, column):
    """4.5:1 on a card and on the page; no text stands on a coloured mark."""
    tokens = css_tokens()
    for node in parse(PLAIN[name]).iter(SVG + "text"):
        colour = (node.get("fill") or "").removeprefix("var(--").removesuffix(")")
        for ground in ("card", "bg"):
            ratio = contrast(tokens[colour][column], tokens[ground][column])
            assert ratio >= 4.5, (node.text, colour, ground, ratio)


@pytest.mark.parametrize("column", [0, 1])
def test_words_on_a_tinted_ground_can_be_read(column):
    tokens = css_tokens()
    for tone, ink in product(("ok", "warn", "bad"), ("own", "ink")):
        colour = tokens[tone if ink == "own" else "ink"][column]
        assert contrast(colour, tokens[f"{tone}-bg"][column]) >= 4.5
    assert contrast(tokens["on-acc"][column], tokens["acc"][column]) >= 4.5
    for part in ("acc", "base", "ok", "warn", "bad"):
        assert contrast(tokens[part][column], tokens["card"][column]) >= 3


def test_no_text_is_smaller_than_eleven_pixels():
    for svg in PLAIN.values():
        root = parse(svg)
        assert all(int(node.get("font-size", "13")) >= 11 for node in root.iter(SVG + "text"))


def test_the_radar_names_levels_and_gaps():
    said = texts(charts.radar(areas()))
    assert "3 of 5 · met" in said
    assert "1 of 5 · gap 2" in said
    assert {"evidenced", "declared", "target", "Safety", "& compliance"} <= set(said)


def test_the_radar_puts_levels_where_they_belong():
    flat = parse(charts.radar(areas(levels=(5, 5, 5, 5, 5, 5))))
    shapes = [node.get("points") for node in flat.iter(SVG + "polygon")]
    assert shapes[-1] == shapes[4], "level 5 lies on the outermost ring"
    assert shapes[-2] == shapes[2], "target 3 lies on the third ring"


@pytest.mark.parametrize("count", [0, 5])
def test_a_radar_needs_six_areas(count):
    with pytest.raises(ValueError, match="six"):
        charts.radar(areas()[:count])


def test_arms_stand_best_first_with_intervals_and_marks():
    said = texts(PLAIN["arms"])
    assert "│ target 55 %" in said
    assert [t for t in said if t.startswith("word")] == ["word", "worda", "wordb"]
    assert "59 % (53 to 65)" in said
    assert said.index("tuned") < said.index("best alternative")


def test_the_tuned_arm_is_drawn_once_and_in_blue():
    tuned = arm("lora", 0.3, 0.2, 0.4)
    svg = charts.arms_chart([arm("shots", 0.5, 0.4, 0.6), tuned], tuned, 0.4)
    assert texts(svg).count("lora") == 1
    dots = [(node.get("cx"), node.get("fill")) for node in parse(svg).iter(SVG + "circle")]
    assert dots == [("50%", "var(--base)"), ("30%", "var(--acc)")]


def test_many_arms_are_cut_to_the_best_ten_and_the_tuned_one():
    many = [arm(f"way {i}", i / 100, 0, 1) for i in range(50)]
    said = texts(charts.arms_chart(many, arm("lora", 0, 0, 0.1), 0.5))
    assert [t for t in said if t.startswith("way")] == [f"way {i}" for i in range(49, 39, -1)]
    assert "lora" in said


def test_differences_are_told_with_sign_interval_and_verdict():
    said = texts(PLAIN["delta"])
    for expected in (
        "+12 pts (8 to 16)",
        f"{MINUS}20 pts ({MINUS}27 to {MINUS}13)",
        "▲ clearly better",
        "● within noise",
        "▼ clearly worse",
        "○ too few cases",
    ):
        assert expected in said


def test_a_difference_of_nothing_stands_in_the_middle():
    svg = charts.delta_strip([compared("a", 0, -0.1, 0.1, "within noise")])
    (dot,) = parse(svg).iter(SVG + "circle")
    assert dot.get("cx") == "50%"


def test_the_timeline_tells_states_lengths_and_gates():
    said = texts(PLAIN["timeline"])
    assert {"done, 4 min", "running, 5 min", "blocked, 4 min", "planned"} <= set(said)
    assert {"✓ Start", "✕ Build", "◇ Proof", "open", "shut", "07:00:00", "07:09:00 UTC"} <= set(
        said
    )


def test_a_long_life_is_told_in_dates():
    stages = [stage("a", "2026-03-02T00:00:00+00:00", "2026-04-13T00:00:00+00:00", "done")]
    assert {"2 Mar 2026", "13 Apr 2026", "done, 42 days"} <= set(texts(charts.timeline(stages, [])))


def test_an_empty_timeline_is_still_a_picture():
    assert texts(charts.timeline([], [])) == []


def test_rollout_stages_say_how_they_ended():
    said = texts(PLAIN["rollout"])
    for expected in ("✓ passed, n 1,200", "↩ rolled back, n 1,200", "not run", "5 %", "100 %"):
        assert expected in said


def test_drift_says_the_limit_and_the_outcome():
    assert {"p < 0.001", "▲ drift, limit 0.01", "novel requests 41 %"} <= set(texts(PLAIN["drift"]))
    assert "✓ no drift, limit 0.01" in texts(PLAIN["no drift"])


def test_a_drift_line_marks_windows_over_the_limit():
    dots = [n.get("stroke") for n in parse(PLAIN["drift line"]).iter(SVG + "circle")]
    assert dots == ["var(--acc)", "var(--bad)"]
    assert charts.drift_line([])


def test_a_sparkline_keeps_ends_and_thins_the_middle():
    svg = charts.sparkline([1 / (step + 1) for step in range(5_000)], "Loss")
    assert {"first 1", "lowest 0.0002", "last 0.0002"} <= set(texts(svg))
    (shape,) = parse(svg).iter(SVG + "polyline")
    assert len((shape.get("points") or "").split()) == 160


def test_a_tornado_says_both_ends_of_every_row():
    said = texts(PLAIN["tornado"])
    for expected in (
        "│ middle 40.0 months",
        "┊ under 6 months",
        "○ low: 10.9 months",
        "● high: ▶ never",
        "● high: 2,000,000 months",
    ):
        assert expected in said
    title = parse(charts.tornado_chart(tornado())).find(SVG + "title")
    assert title is not None
    assert title.text == "Months until break-even, with each row at its low and at its high"


def test_a_tornado_by_net_says_its_currency_and_leaves_the_months_out():
    svg = charts.tornado_chart(tornado(unit="net", currency="EUR"), limit=6)
    title = parse(svg).find(SVG + "title")
    assert title is not None
    assert (title.text or "").startswith("Net a month in EUR")
    assert {
        "○ low: 550",
        f"● high: {MINUS}250",
        f"│ middle {MINUS}50",
        "┊ above 0 it pays back",
    } <= set(texts(svg))
    assert not any("months" in said for said in texts(svg))


def test_a_limit_beyond_the_scale_is_said_and_not_drawn():
    ends = outcome(2, 300), outcome(3, 200)
    swing = Swing(section="ongoing", name="a", low=ends[0], high=ends[1])
    short = Tornado(unit="months", middle=outcome(2.5, 250), swings=(swing,))
    svg = charts.tornado_chart(short, limit=6)
    assert "6 months lie beyond this scale" in texts(svg)
    assert not [n for n in parse(svg).iter(SVG + "line") if n.get("stroke") == "var(--warn)"]
    drawn = parse(PLAIN["tornado"]).iter(SVG + "line")
    assert [n for n in drawn if n.get("stroke") == "var(--warn)"]


def test_never_stands_at_the_end_of_the_scale_and_the_middle_before_it():
    svg = parse(charts.tornado_chart(tornado()))
    dots = [node.get("cx") for node in svg.iter(SVG + "circle")]
    assert dots[1] == "100%"
    assert dots[-1] == "100%", "months far beyond the middle are cut off"
    ticks = {n.get("x1") for n in svg.iter(SVG + "line") if n.get("stroke") == "var(--ink)"}
    (middle,) = ticks
    assert 30 < float((middle or "").removesuffix("%")) < 60


def test_a_scale_of_almost_nothing_is_still_a_scale():
    least = outcome(5e-324, 5e-324)
    swing = Swing(section="ongoing", name="a", low=least, high=least)
    parse(charts.tornado_chart(Tornado(unit="months", middle=least, swings=(swing,))))


def test_a_tornado_draws_ten_rows_at_most():
    ends = outcome(1, 1), outcome(2, 2)
    swings = [Swing(section="ongoing", name=f"r{n}", low=ends[0], high=ends[1]) for n in range(30)]
    whole = tornado().model_copy(update={"swings": tuple(swings)})
    said = texts(charts.tornado_chart(whole))
    assert [t for t in said if t.startswith("r")] == [f"r{n}" for n in range(10)]


def test_values_that_are_no_numbers_are_left_out():
    assert "last 2" in texts(charts.sparkline([1.0, float("nan"), 2.0, float("inf")], "Loss"))


def test_a_standalone_chart_has_fixed_colours():
    for theme, column in (("light", 0), ("dark", 1)):
        svg = standalone(PLAIN["radar"], theme)  # type: ignore[arg-type]
        assert "var(" not in svg
        assert TOKENS["acc"][column] in svg
        parse(svg)


def shape(svg: str) -> list[str]:
    return [node.tag for node in parse(svg).iter()]


@given(st.text(min_size=1, max_size=10).filter(lambda text: " " not in text))
def test_text_never_becomes_markup(text):
    for name, svg in every(text).items():
        assert shape(svg) == shape(PLAIN[name]), name


@given(st.floats(-1, 2), st.floats(-1, 2), st.floats(-1, 2))
def test_marks_stay_inside_the_picture(value, low, high):
    svgs = (
        charts.arms_chart([arm("a", value, low, high)], None, value),
        charts.delta_strip([compared("a", value, low, high, "within noise")]),
        charts.tornado_chart(
            Tornado(
                unit="net",
                middle=outcome(None, value * 8e307),
                swings=(
                    Swing(
                        section="ongoing",
                        name="a",
                        low=outcome(None, low * 8e307),
                        high=outcome(None, high),
                    ),
                ),
            )
        ),
    )
    for svg in svgs:
        for node in parse(svg).iter():
            for key in ("x", "x1", "x2", "cx"):
                where = node.get(key, "0%")
                assert not where.endswith("%") or 0 <= float(where[:-1]) <= 100


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0.59, "59 %"),
        (0, "0 %"),
        (1, "100 %"),
        (0.998, "99.8 %"),
        (0.0001, "0.1 %"),
        (1.08, "108 %"),
    ],
)
def test_shares_never_round_to_a_false_nothing_or_all(share, said):
    assert words.percent(share) == said.replace(" ", "\u00a0")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0.42, "0.4 s"),
        (52, "52 s"),
        (420, "7 min"),
        (11_100, "3 h 5 min"),
        (7_200, "2 h"),
        (864_000, "10 days"),
        (-1, "not known"),
        (float("inf"), "not known"),
    ],
)
def test_lengths_of_time_have_the_unit_that_suits(value, said):
    assert words.seconds(value).replace("\u00a0", " ") == said


@given(st.floats(-1, 1))
def test_a_difference_has_its_sign_unless_it_rounds_to_nothing(value):
    said = words.points(value)
    if said.startswith("0"):
        assert abs(value) <= 0.005
    else:
        assert said[0] == ("+" if value > 0 else MINUS)


def _slice(name: str, share: float, verdict: SliceVerdict) -> FailureSlice:
    interval = Interval(value=share, low=share - 0.1, high=share + 0.1, n=50)
    return FailureSlice(
        family="segment",
        name=name,
        n=50,
        failed=round(50 * share),
        share=interval,
        difference=Interval(value=share - 0.3, low=-1, high=1, n=100),
        p_value=0.01,
        p_holm=0.02,
        verdict=verdict,
    )


def test_failing_parts_say_share_interval_and_verdict():
    found = charts.slices_chart(
        [_slice("<script>", 0.6, "more failures"), _slice("b", 0.2, "within noise")], 0.3
    )
    said = " ".join(node.text or "" for node in parse(found).iter())
    assert "all cases 30\u00a0%" in said
    assert "▼ more failures (+30\u00a0pts)" in said
    assert "60\u00a0% (50 to 70)" in said
    assert "● within noise" in said
    assert "<script" not in found


def test_clusters_are_bars_of_their_size_with_what_is_newly_broken():
    clusters = [
        FailureCluster(
            number=at + 1,
            n=n,
            share=n / 30,
            words=("<script>", "late"),
            kind="different",
            newly_broken=broken,
            examples=(),
            cases=(),
        )
        for at, (n, broken) in enumerate([(20, 5), (10, 0)])
    ]
    root = parse(charts.clusters_chart(clusters))
    bars = [node for node in root if node.tag == SVG + "rect"]
    assert [bar.get("width") for bar in bars] == ["100%", "25%", "50%"]
    assert "20 (67\u00a0%), 5 newly broken" in "".join(node.text or "" for node in root)
    assert "<script" not in charts.clusters_chart(clusters)
