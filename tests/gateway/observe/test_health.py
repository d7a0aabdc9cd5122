"""Alive is a loop that turns; ready is a venue with which nothing is wrong."""

from gateway.observe.health import NOT_YET, Health


def test_a_day_that_is_being_taken_up_is_alive_but_not_ready():
    health = Health(5.0, lambda: 1_000.0)
    assert health.why_stuck() == []
    assert health.why_not_ready() == [NOT_YET]


def test_a_loop_that_does_not_turn_is_stuck_until_it_does():
    now, turned = 100.0, 95.0
    health = Health(5.0, lambda: now)
    health.attach(lambda: turned, list)
    assert health.why_stuck() == health.why_not_ready() == []
    now = 100.1
    assert health.why_stuck() == ["the loop has not turned for 5.1 seconds"]
    assert health.why_not_ready() == health.why_stuck()
    turned = 100.1
    assert health.why_stuck() == []


def test_what_is_wrong_with_the_venue_makes_it_not_ready_but_not_dead():
    health = Health(5.0, lambda: 0.0)
    health.attach(lambda: 0.0, lambda: ["the journal is given up: no space"])
    assert health.why_stuck() == []
    assert health.why_not_ready() == ["the journal is given up: no space"]
