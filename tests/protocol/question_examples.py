"""One of each question and one of each answer, no two fields alike."""

from protocol.questions import (
    Account,
    AccountAnswer,
    AskAccount,
    AskFills,
    AskFunds,
    AskHoldings,
    AskMost,
    AskMovements,
    AskOrders,
    Fill,
    FillsAnswer,
    Funds,
    FundsAnswer,
    Holding,
    HoldingsAnswer,
    Most,
    MostAnswer,
    Movement,
    MovementsAnswer,
    Order,
    OrdersAnswer,
    QuestionRefused,
)
from protocol.vocabulary import (
    AccountKind,
    AccountStatus,
    AskReject,
    Currency,
    Grounds,
    Liquidity,
    ListMode,
    OrderStatus,
    RateAction,
    SharesEntry,
    Side,
)
from tests.protocol.examples import NOON

QUESTIONS = [
    AskAccount(1, 1002),
    AskFunds(2, 1002),
    AskHoldings(3, 1002),
    AskOrders(4, 1002, False),
    AskFills(5, 1002),
    AskMovements(6, 1002),
    AskMost(7, 1002, "300750.SZ", Side.SELL, 3_712_900),
]
ANSWERS = [
    AccountAnswer(
        1,
        500,
        True,
        [
            Account(
                AccountStatus.FROZEN,
                AccountKind.PROPRIETARY,
                9,
                8,
                16,
                32,
                25_000,
                50_000,
                10_000,
                True,
                9_000_000_000,
                40,
                300,
                20_000,
                RateAction.REFUSE,
                ListMode.FORBIDS,
                250,
                1_500,
                7,
                77,
            )
        ],
    ),
    FundsAnswer(
        2,
        501,
        True,
        [
            Funds(
                6_000_000_000, 2, 3, 4, 5, 6, -7, 80_000, 6_000_000_100, 10, 11_000_000_000, 12_000
            )
        ],
    ),
    HoldingsAnswer(
        3,
        502,
        False,
        [Holding("300750.SZ", 7_000_000_000, 2, 3, 4, 5, 6, -8_000_000_000, 9, Currency.HKD)],
    ),
    OrdersAnswer(
        4,
        503,
        False,
        [
            Order(
                5_000_000_000,
                3,
                12,
                NOON,
                "000001.SZ",
                Side.SELL,
                118_400,
                300,
                200,
                60,
                40,
                OrderStatus.CANCELED,
            )
        ],
    ),
    FillsAnswer(
        5,
        504,
        True,
        [Fill(21, 5_000_000_000, NOON, "000001.SZ", Side.SELL, 118_500, 200, Liquidity.RESTING)],
    ),
    MovementsAnswer(
        6,
        505,
        True,
        [
            Movement(
                499,
                "300750.SZ",
                Currency.USD,
                SharesEntry.BONUS,
                7_000_000_000,
                -8_000_000_000,
                False,
                True,
                Grounds.COURT_ORDER,
            )
        ],
    ),
    MostAnswer(7, 506, True, [Most(7_000_000_300)]),
    QuestionRefused(8, AskReject.UNKNOWN_INSTRUMENT),
]
