"""The words of documents in each of their languages."""

from protocol.files.rows import Movement
from protocol.mistake import Mistake
from protocol.vocabulary import Currency, Market, Side

LANGUAGES = ("zh", "en")

SAID = {
    "delivery": ("交割单", "Delivery note"),
    "daily": ("客户日结单", "Daily statement"),
    "contract": ("成交确认书", "Contract note"),
    "monthly": ("客户月结单", "Monthly statement"),
    "reconciliation": ("清算对账单", "Reconciliation of the close"),
    "sender": ("撮合证券", "cuohe securities"),
    "firm": ("结算参与人", "Firm"),
    "branch": ("营业部", "Branch"),
    "account": ("资金账号", "Account"),
    "customer": ("客户姓名", "Customer"),
    "period": ("对账期间", "Period"),
    "business_date": ("交易日期", "Business date"),
    "source": ("数据来源", "Source"),
    "generation": ("清算文件第 {} 版", "generation {} of the clearing files"),
    "manifest": ("清单摘要", "Manifest"),
    "previous": ("前一日清单", "Previous manifest"),
    "run": ("清算批次", "Run"),
    "page": ("第 {} 页 共 {} 页", "Page {} of {}"),
    "none": ("本期无记录。", "None."),
    "total": ("合计", "Total"),
    "opening": ("期初余额", "Opening balance"),
    "settle_date": ("交收日期", "Settles"),
    "trade_date": ("成交日期", "Traded"),
    "date": ("日期", "Date"),
    "time": ("成交时间", "Time"),
    "code": ("证券代码", "Code"),
    "name": ("证券名称", "Name"),
    "business": ("业务名称", "Business"),
    "quantity": ("成交数量", "Quantity"),
    "price": ("成交价格", "Price"),
    "average": ("成交均价", "Average"),
    "turnover": ("成交金额", "Turnover"),
    "commission": ("佣金", "Commission"),
    "stamp": ("印花税", "Stamp duty"),
    "transfer": ("过户费", "Transfer"),
    "other_fees": ("其他费", "Other fees"),
    "amount": ("发生金额", "Amount"),
    "money_after": ("资金余额", "Balance"),
    "shares_after": ("证券余额", "Shares"),
    "contract_number": ("合同编号", "Contract no."),
    "securities_account": ("证券账户", "Securities account"),
    "market": ("市场", "Market"),
    "currency": ("币种", "Currency"),
    "money": ("资金", "Money"),
    "holdings": ("证券持有", "Holdings"),
    "changes": ("证券变动", "Movements of shares"),
    "before": ("期初", "Before"),
    "bought": ("买入", "Bought"),
    "sold": ("卖出", "Sold"),
    "fees": ("费用", "Fees"),
    "other": ("其他", "Other"),
    "balance": ("期末余额", "Balance"),
    "shares_total": ("期末", "Total"),
    "frozen": ("冻结", "Frozen"),
    "pledged": ("质押", "Pledged"),
    "cost": ("成本", "Cost"),
    "movement": ("变动类型", "Movement"),
    "trade_number": ("成交编号", "Trade no."),
    "order": ("合同编号 {}", "Contract no. {}"),
    "fees_in_order": (
        "费用：佣金 {commission}，印花税 {stamp}，过户费 {transfer}，其他费 {settlement}",
        "Fees: commission {commission}, stamp duty {stamp}, transfer {transfer},"
        " other {settlement}",
    ),
    "other_money": ("其他资金变动", "Other money"),
    "commission_told": (
        "佣金含规费：按净佣金收费的账户，经手费与证管费计入佣金一栏。其他费为结算费。",
        "Commission includes handling and regulatory fees, also of accounts that pay them apart."
        " Other fees are the settlement fee.",
    ),
    "average_told": (
        "每笔委托一行；成交均价为成交金额除以成交数量。",
        "One line for each order; the average is its turnover by its quantity.",
    ),
    "made_from": (
        "本单据由已公布的清算文件生成。",
        "Made from the published clearing files.",
    ),
    "files": ("清算文件", "Files"),
    "file": ("文件", "File"),
    "profile": ("格式", "Profile"),
    "records": ("记录数", "Records"),
    "ties": ("勾稽关系", "Ties"),
    "what": ("核对项目", "What"),
    "left": ("左方", "Left"),
    "right": ("右方", "Right"),
    "difference": ("差额", "Difference"),
    "verdict": ("结果", "Result"),
    "ok": ("相符", "ok"),
    "amiss": ("不符", "AMISS"),
    "firms": ("结算参与人合计", "Totals of firms"),
    "fills": ("成交笔数", "Fills"),
    "handling": ("经手费", "Handling"),
    "regulatory": ("证管费", "Regulatory"),
    "settlement": ("结算费", "Settlement"),
    "net": ("应收付净额", "Net"),
    "all_tie": ("全部 {} 项核对相符。", "All {} ties hold."),
    "some_amiss": ("{} 项核对中 {} 项不符！", "Of {} ties {} are AMISS."),
    "tie_fills_money": (
        "{} {} 成交明细 = 参与人资金",
        "{} {} in fills = by firms",
    ),
    "tie_fills_funds": (
        "{} {} 成交明细 = 客户资金",
        "{} {} in fills = of customers",
    ),
    "tie_funds": ("{} 客户资金：期初 + 变动 = 期末", "{} of customers: before + changes = balance"),
    "tie_shares": (
        "{} 证券余额：期初 + 变动 = 期末",
        "{} shares: before + changes = total",
    ),
    "tie_funds_each": ("{} 资金账户数：全部 = 平衡", "{} accounts of customers, and how many tie"),
    "tie_shares_each": ("{} 证券持有数：全部 = 平衡", "{} holdings, and how many tie"),
    "tie_changes": ("{} 证券变动 = 余额之差", "{} movements = differences of balances"),
    "tie_levels": (
        "{} 一级与二级清算：客户净额 + 参与人收入 = 参与人净额",
        "{} levels: customers with their firms' income = firms",
    ),
    "tie_depository_money": (
        "{} {} 净额：{} = 参与人资金（至分）",
        "{} {} net in {} = of firms, to the cent",
    ),
    "tie_depository_shares": ("{} 证券：{} = {}", "{} shares in {} = in {}"),
    "tie_yesterday_money": ("{} 前一日期末资金 = 今日期初", "{} of yesterday = before"),
    "tie_yesterday_shares": ("{} 前一日期末证券 = 今日期初", "{} shares of yesterday = before"),
    "tie_depository_securities": (
        "{} 证券只数：{} 与 {} 逐只相符",
        "{} securities in {}, and how many are as in {}",
    ),
    "tie_yesterday_accounts": (
        "{} 资金账户数：与前一日逐户相符",
        "{} accounts, and how many are as yesterday",
    ),
    "tie_yesterday_holdings": (
        "{} 证券持有数：与前一日逐笔相符",
        "{} holdings, and how many are as yesterday",
    ),
    "first_day": ("清单未列前一交易日。", "The manifest names no day before."),
    "no_yesterday": (
        "前一交易日的清算文件不在同一目录，未核对期初。",
        "Yesterday's files do not lie beside the day's, so nothing is compared with them.",
    ),
    f"side.{Side.BUY.name}": ("证券买入", "Bought"),
    f"side.{Side.SELL.name}": ("证券卖出", "Sold"),
    **{
        f"movement.{movement.name}": said
        for movement, said in {
            Movement.SHARES_IN: ("证券转入", "Shares in"),
            Movement.SHARES_OUT: ("证券转出", "Shares out"),
            Movement.CUSTODY_IN: ("转托管转入", "Custody in"),
            Movement.CUSTODY_OUT: ("转托管转出", "Custody out"),
            Movement.BONUS: ("红股入账", "Bonus"),
            Movement.RIGHTS: ("配股入账", "Rights"),
            Movement.CODE_CHANGE_OUT: ("代码变更转出", "Code change out"),
            Movement.CODE_CHANGE_IN: ("代码变更转入", "Code change in"),
            Movement.BOUGHT: ("证券买入", "Bought"),
            Movement.SOLD: ("证券卖出", "Sold"),
        }.items()
    },
    **{
        f"market.{market.name}": said
        for market, said in {
            Market.SSE: ("上海", "SSE"),
            Market.SZSE: ("深圳", "SZSE"),
            Market.BSE: ("北京", "BSE"),
        }.items()
    },
    **{
        f"currency.{currency.name}": said
        for currency, said in {
            Currency.CNY: ("人民币", "CNY"),
            Currency.USD: ("美元", "USD"),
            Currency.HKD: ("港币", "HKD"),
        }.items()
    },
}
"""By key and language; words of the vocabulary have its names behind the key, as market.SSE."""

Words = dict[str, str]


def words_in(language: str) -> Words:
    """Return all words in a language."""
    if language not in LANGUAGES:
        raise Mistake(f"{language!r} is no language of documents; take {' or '.join(LANGUAGES)}")
    place = LANGUAGES.index(language)
    return {key: said[place] for key, said in SAID.items()}
