"""Write config/data/demo/*.csv: a believable year of a machine builder's business, the same at every run.

    python tools/demo_data.py

All dates are relative to the anchor of config/data/demo/demo.yaml; loading moves them to today.
"""

from __future__ import annotations

import csv
import random
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from pathlib import Path

from formloom.workflow.decisions import model

ANCHOR = date(2026, 11, 20)
FOLDER = Path(__file__).parents[1] / "config/data/demo"
CENT = Decimal("0.01")
R = random.Random(20261120)

SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰建国文博子轩雨欣梓涵浩然思远嘉怡"
FOREIGN = [
    ("Anna Schmidt", "Nordlicht Maschinenbau GmbH", "technology"), ("Daniel Okafor", "Okonjo & Daughters Trading", "retail"),
    ("Sarah Whitfield", "Brightwater Foods Pty Ltd", "manufacturing"), ("Pierre Lefèvre", "Ateliers Lefèvre SA", "manufacturing"),
    ("Maria Rossi", "Officine Rossi S.p.A.", "manufacturing"), ("James Carter", "Carter Logistics LLC", "logistics"),
    ("Yuki Tanaka", "田中精機株式会社", "manufacturing"), ("Olga Novak", "Novak Instruments a.s.", "technology"),
]
CITIES = [
    ("上海", "上海"), ("江苏", "苏州"), ("江苏", "南京"), ("浙江", "杭州"), ("浙江", "宁波"), ("广东", "深圳"), ("广东", "广州"),
    ("广东", "佛山"), ("四川", "成都"), ("湖北", "武汉"), ("山东", "青岛"), ("福建", "厦门"), ("陕西", "西安"), ("北京", "北京"),
]
STEMS = ["博远", "南粤", "锦程", "禾木", "蓝鲸", "海曙", "光启", "同舟", "海川", "云梯", "恒泰", "顺和", "瑞丰", "天工", "启明", "华创", "中科", "鼎盛", "金桥", "东方", "汇智", "新元", "卓越", "盛世", "安泰"]
TRADES = [
    ("精密机械有限公司", "manufacturing"), ("自动化设备有限公司", "manufacturing"), ("软件有限公司", "technology"),
    ("数据技术有限公司", "technology"), ("商贸有限公司", "retail"), ("供应链管理有限公司", "logistics"),
    ("医疗器械股份有限公司", "health"), ("能源装备有限公司", "manufacturing"), ("食品机械有限公司", "manufacturing"),
    ("置业有限公司", "real_estate"), ("融资租赁有限公司", "finance"), ("新材料科技有限公司", "technology"),
]
PRODUCTS = [
    ("EQ-100", "五轴加工中心", "equipment", "台", "1280000", "13"), ("EQ-110", "激光切割机", "equipment", "台", "486000", "13"),
    ("EQ-120", "数控折弯机", "equipment", "台", "268000", "13"), ("EQ-130", "喷涂机器人", "equipment", "台", "352000", "13"),
    ("EQ-140", "自动灌装线", "equipment", "套", "968000", "13"), ("EQ-150", "仓储堆垛机", "equipment", "台", "420000", "13"),
    ("EQ-160", "冷库监测终端", "equipment", "个", "3200", "13"), ("EQ-170", "视觉检测工位", "equipment", "套", "158000", "13"),
    ("SW-200", "生产执行系统", "software", "套", "260000", "6"), ("SW-210", "设备联网平台", "software", "套", "180000", "6"),
    ("SW-220", "质量追溯模块", "software", "套", "88000", "6"), ("SW-230", "年度订阅", "software", "年", "36000", "6"),
    ("SV-300", "安装调试", "service", "次", "18000", "6"), ("SV-310", "年度维保", "service", "年", "48000", "6"),
    ("SV-320", "操作培训", "service", "天", "4800", "6"), ("SV-330", "工艺咨询", "service", "天", "6800", "6"),
    ("SP-400", "主轴轴承", "spare_part", "个", "5600", "13"), ("SP-410", "伺服电机", "spare_part", "个", "8200", "13"),
    ("SP-420", "切割头组件", "spare_part", "套", "12600", "13"), ("SP-430", "密封圈套装", "spare_part", "套", "380", "13"),
    ("SP-440", "控制面板", "spare_part", "个", "6900", "13"), ("SP-450", "导轨滑块", "spare_part", "个", "1450", "13"),
]
SUBJECTS = {
    "call": ["回访使用情况", "确认交货时间", "讨论报价细节", "了解二期计划", "Follow-up on the offer", "提醒付款节点", "约定拜访时间"],
    "meeting": ["现场勘查", "方案汇报", "商务谈判", "验收会议", "Project kick-off", "高层拜访"],
    "mail": ["发送报价单", "发送技术资料", "合同文本往来", "Sent the data sheet", "节日问候", "会议纪要"],
}
NOTES = ["客户对交期比较关注。", "需要补充一份对比资料。", "预算已批，等技术确认。", "Wants a reference customer in the same trade.", "对价格还有顾虑，下周再谈。",
         "已约下周现场演示。", "满意度不错，愿意转介绍。", "Asked for a three-year maintenance offer."]
FAULTS = ["主轴异响", "报警代码 E204", "屏幕无显示", "加工精度偏差", "软件无法登录", "发票信息有误", "到货包装破损", "Cutting head leaks", "培训时间调整", "备件型号咨询",
          "License expired message", "网络断连频繁"]


def person() -> str:
    return R.choice(SURNAMES) + "".join(R.choice(GIVEN) for _ in range(R.choice((1, 2, 2))))


def phone() -> str:
    return f"1{R.choice('35789')}{R.randrange(10)}0000{R.randrange(10000):04d}"


def ago(low: int, high: int) -> date:
    return ANCHOR - timedelta(days=R.randint(low, high))


def instant(day: date) -> str:
    return datetime.combine(day, time(R.randint(1, 9), R.choice((0, 15, 30, 45)))).isoformat() + "Z"


def money(value: Decimal) -> str:
    return str(value.quantize(CENT, ROUND_HALF_UP))


def amount(low: int, high: int) -> Decimal:
    return Decimal(round(R.triangular(low, high, low * 2), -2))


def write(name: str, rows: list[dict[str, object]]) -> None:
    with (FOLDER / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
        columns = list(dict.fromkeys(key for row in rows for key in row))
        writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def owner() -> str:
    return R.choices(("sales1", "sales2", "sales_manager"), (48, 44, 8))[0]


def template_accounts() -> list[dict[str, object]]:
    """The three rows of the source template, word for word where it is readable, with its own dates."""
    rows = (("C001", "张伟", "ABC科技", "13800000001", "zhang@abc.example", "potential", "2023-10-15", "following"),
            ("C002", "李娜", "XYZ制造", "13956780002", "li@xyz.example", "existing", "2023-10-10", "won"),
            ("C003", "王强", "DEF零售", "13790120003", "wang@def.example", "lost", "2023-09-20", "inactive"))
    names = ("code", "name", "company", "phone", "email", "type", "last_interaction", "status")
    return [dict(zip(names, row, strict=True)) | {"owner": "sales1"} for row in rows]


def accounts(count: int) -> list[dict[str, object]]:
    companies = [(c, t) for c in STEMS for t in TRADES]
    R.shuffle(companies)
    rows: list[dict[str, object]] = []
    for index in range(count):
        province, city = R.choice(CITIES)
        if index < len(FOREIGN):
            name, company, industry = FOREIGN[index]
            province, city = "", ""
        else:
            stem, (suffix, industry) = companies[index]
            name, company = person(), f"{city}{stem}{suffix}"
        kind = R.choices(("potential", "existing", "lost"), (42, 48, 10))[0]
        fresh = {"potential": 6, "existing": 28, "lost": 80}[kind]
        last = ago(0, fresh) if R.random() < 0.95 else ago(fresh + 3, fresh + 40)
        status = {"potential": "following", "existing": R.choice(("won", "won", "following")), "lost": "inactive"}[kind]
        rows.append({
            "code": f"C{index + 4:03d}", "name": name, "company": company, "phone": phone(), "email": f"contact{index + 4}@customer.example",
            "type": kind, "last_interaction": last, "status": status, "owner": owner(), "industry": industry,
            "level": R.choices(("high", "medium", "low"), (2, 4, 4))[0],
            "stage": {"potential": R.choice(("known", "contacted")), "existing": R.choice(("won", "kept")), "lost": "declining"}[kind],
            "source": R.choice(("referral", "website", "exhibition", "cold_call", "partner")),
            "annual_revenue": amount(2_000_000, 400_000_000), "employees": R.choice((15, 30, 60, 120, 260, 500, 1200)),
            "address_country": "" if index < len(FOREIGN) else "中国", "address_region": province, "address_city": city,
            "consent": R.choice(("true", "false")), "needs": R.choice(("", "扩产需要两台新设备。", "想把设备联网，统一看产量。", "Wants faster spare parts.")),
            "created_at": instant(ago(200, 365)),
        })
    return rows


def contacts(customers: list[dict[str, object]]) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for customer in customers:
        for _ in range(R.choice((1, 1, 2, 2, 3))):
            rows.append({
                "@key": f"k{len(rows) + 1}", "name": person(), "account": customer["code"],
                "job_title": R.choice(("采购经理", "采购总监", "设备科长", "总经理", "财务经理", "Plant manager")),
                "role": R.choice(("decides", "influences", "uses", "buys")), "phone": phone(),
                "email": f"person{len(rows) + 1}@customer.example", "consent": R.choice(("true", "false")),
            })
    return rows


def leads() -> list[dict[str, object]]:
    rows, per_month = [], {}  # type: ignore[var-annotated]
    for day in sorted(ago(0, 150) for _ in range(120)):
        month = f"{day:%y%m}"
        per_month[month] = per_month.get(month, 0) + 1
        age = (ANCHOR - day).days
        status = R.choice(("new", "contacted")) if age < 20 else R.choice(("contacted", "qualified", "converted", "dropped"))
        rows.append({
            "number": f"L{month}-{per_month[month]:03d}", "name": person(), "company": R.choice(STEMS) + R.choice(TRADES)[0], "phone": phone(),
            "email": f"lead{len(rows) + 1}@customer.example", "source": R.choice(("website", "exhibition", "referral", "advertisement", "cold_call")),
            "need": R.choice(("咨询激光切割机价格。", "需要设备联网方案。", "Looking for a filling line.", "想了解年度维保。")),
            "budget": amount(20_000, 900_000), "employees": R.choice((10, 40, 80, 220, 600)), "urgent": R.choice(("true", "false")),
            "status": status, "drop_reason": "预算不足" if status == "dropped" else "", "owner": owner(), "created_at": instant(day),
        })
    return rows


def opportunities(customers: list[dict[str, object]]) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for index, day in enumerate(sorted(ago(0, 320) for _ in range(220))):
        customer = R.choice([c for c in customers if c["type"] != "lost"])
        age = (ANCHOR - day).days
        stage = R.choice(("won", "won", "lost")) if age > 120 else R.choice(("discover", "propose", "negotiate", "won", "lost"))
        product = R.choice(PRODUCTS)
        rows.append({
            "number": f"BJ-{day:%Y}-{index + 1:04d}", "name": f"{product[1]}{R.choice(('采购', '二期', '改造项目', '年度框架'))}",
            "account": customer["code"], "stage": stage, "amount": amount(30_000, 3_000_000),
            "probability": {"discover": 20, "propose": 40, "negotiate": 70, "won": 100, "lost": 0}[stage],
            "close_date": day + timedelta(days=R.randint(30, 120)), "competitor": R.choice(("", "", "华东精工", "Nordwerk")),
            "lost_reason": R.choice(("价格偏高", "选择了竞争对手", "项目取消")) if stage == "lost" else "",
            "next_step": R.choice(("安排现场演示", "发送正式报价", "约采购负责人", "")), "owner": customer["owner"], "created_at": instant(day),
        })
    return rows


def lines(parent: object, count: int) -> list[dict[str, object]]:
    chosen = R.sample(PRODUCTS, count)
    return [
        {"parent": parent, "position": place, "product": code, "quantity": R.choice((1, 1, 2, 3, 5)), "price": price,
         "discount": R.choice((0, 0, 5, 8, 10)), "tax_rate": tax}
        for place, (code, _, _, _, price, tax) in enumerate(chosen, 1)
    ]




def quotes(deals: list[dict[str, object]]) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    rows, details = [], []  # type: ignore[var-annotated]
    for deal in R.sample([d for d in deals if d["stage"] != "discover"], 130):
        day = datetime.fromisoformat(str(deal["created_at"])).date() + timedelta(days=R.randint(1, 10))
        status = {"won": "accepted", "lost": "declined"}.get(str(deal["stage"]), R.choice(("draft", "sent")))
        number = f"BJD-{day:%Y}-{len(rows) + 1:04d}"
        rows.append({
            "number": number, "name": f"{deal['name']}报价", "account": deal["account"], "opportunity": deal["number"], "status": status,
            "valid_until": day + timedelta(days=30), "discount": R.choice((0, 0, 0, 2, 5)), "terms": "含运费与安装调试，质保 12 个月。",
            "owner": deal["owner"], "created_at": instant(min(day, ANCHOR)),
        })
        details += lines(number, R.randint(1, 4))
    return rows, details


def contracts(customers: list[dict[str, object]], deals: list[dict[str, object]]) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    by_code = {c["code"]: c for c in customers}
    rows, plan = [], []  # type: ignore[var-annotated]
    won = [d for d in deals if d["stage"] == "won"]
    named: set[str] = set()
    for deal in sorted(won + R.sample(won, 40), key=lambda d: str(d["created_at"])):
        opened = datetime.fromisoformat(str(deal["created_at"])).date()
        start = opened + timedelta(days=R.randint(10, 60))
        end = start + timedelta(days=R.choice((90, 180, 365, 365)))
        sign = start - timedelta(days=R.randint(1, 9))
        draft = sign > ANCHOR
        status = "draft" if draft else "archived" if end < ANCHOR else R.choice(("active", "active", "signed"))
        number = f"CT-{opened:%Y}-{len(rows) + 1:04d}"
        value = Decimal(str(deal["amount"]))
        name = f"{by_code[deal['account']]['company']} · {deal['name']}{'补充协议' if str(deal['number']) in named else '合同'}"
        named.add(str(deal["number"]))
        rows.append({
            "number": number, "name": name, "account": deal["account"],
            "opportunity": deal["number"], "amount": money(value), "start_date": start, "end_date": end,
            "type": R.choice(("sale", "sale", "service", "framework")), "status": status, "signed_on": "" if draft else sign,
            "special_terms": R.choice(("", "首台设备验收合格后 15 个工作日内支付二期款。", "逾期按日万分之三计违约金，累计不超过合同总额的 5%。")),
            "owner": deal["owner"], "created_at": instant(opened),
        })
        left = value
        for place, (name, share) in enumerate((("合同生效", 30), ("中期验收", 40), ("终验", 30)), 1):
            due = start + (end - start) * (place - 1) / 2
            part = left if place == 3 else (value * share / 100).quantize(CENT, ROUND_HALF_UP)
            left -= part
            state = "open" if draft or due > ANCHOR + timedelta(days=14) else "due" if due > ANCHOR else R.choices(("paid", "overdue"), (92, 8))[0]
            plan.append({"parent": number, "position": place, "name": name, "due_date": due, "share": share, "amount": money(part),
                         "status": state, "paid_on": min(due + timedelta(days=R.randint(0, 6)), ANCHOR) if state == "paid" else ""})
    return rows, plan


def orders(agreements: list[dict[str, object]]) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    rows, details = [], []  # type: ignore[var-annotated]
    for agreement in R.sample([a for a in agreements if a["status"] != "draft"], 120):
        day = min(date.fromisoformat(str(agreement["start_date"])) + timedelta(days=R.randint(0, 20)), ANCHOR)
        age = (ANCHOR - day).days
        status = "done" if age > 40 else R.choice(("confirmed", "shipped", "done"))
        number = f"SO-{day:%Y}-{len(rows) + 1:04d}"
        rows.append({"number": number, "name": str(agreement["name"]).split(" · ")[-1].removesuffix("合同") + "订单", "account": agreement["account"],
                     "contract": agreement["number"], "order_date": day, "status": status,
                     "tracking": f"SF{R.randrange(10**12):012d}" if status in ("shipped", "done") else "", "owner": agreement["owner"],
                     "created_at": instant(day)})
        details += [{k: v for k, v in line.items() if k not in ("discount", "tax_rate")} for line in lines(number, R.randint(1, 3))]
    return rows, details


def grade(customers: list[dict[str, object]], purchases: list[dict[str, object]], details: list[dict[str, object]]) -> None:
    """What each customer has ordered so far, and the value tier that the decision makes of it."""
    for customer in customers:
        numbers = {order["number"] for order in purchases if order["account"] == customer["code"]}
        worth = sum((Decimal(str(line["quantity"])) * Decimal(str(line["price"])) for line in details if line["parent"] in numbers), Decimal(0))
        tier = decide("customer_grading", "Customer grade", order_count=Decimal(len(numbers)), order_amount=worth)
        customer |= {"level": tier, "order_count": len(numbers), "order_amount": money(worth)}


def decide(file: str, name: str, **inputs: object) -> object:
    """The answer of the pack's own decision, so that the data fits the rules."""
    return _model(file).evaluate(name, inputs)


@lru_cache
def _model(file: str) -> model.Model:
    path = FOLDER.parents[1] / "decisions" / f"{file}.dmn"
    return model.read(path.read_text(encoding="utf-8"), path.name)


def tickets(customers: list[dict[str, object]]) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    served = [c for c in customers if c["type"] == "existing"]
    for index, day in enumerate(sorted((ago(1, 330) for _ in range(240)), reverse=False)):
        age = (ANCHOR - day).days
        made = datetime.combine(day, time(R.randint(1, 9), R.choice((5, 20, 40))))
        late = R.random() < 0.08
        waited = R.choice((1, 2, 5, 9, 20))
        row: dict[str, object] = {
            "number": f"TK-{day:%Y}-{index + 1:05d}", "subject": R.choice(FAULTS), "account": (customer := R.choice(served))["code"],
            "channel": R.choice(("phone", "email", "web", "chat")), "category": R.choice(("question", "fault", "fault", "complaint", "return")),
            "priority": R.choices(("low", "normal", "high", "urgent"), (2, 6, 3, 1))[0], "status": "closed" if age > 12 else "resolved",
            "sla": "breached" if late else "met", "response_due": "", "responded_at": "", "description": "客户来电反映问题，需要尽快处理。", "response": "已电话联系客户，安排工程师处理。",
            "resolution": R.choice(("更换备件后恢复。", "远程指导解决。", "Updated the software.", "补发并致歉。")), "satisfaction": R.choice((3, 4, 4, 5, 5)),
            "agent": R.choices(("agent1", "service_manager"), (9, 1))[0], "created_at": made.isoformat() + "Z",
        }
        rows.append(row | routed(row, customer, made, None if late else waited))
    return rows


PROMISED = {"low": 24, "normal": 24, "high": 8, "urgent": 2}      # hours, as the entity's service level says


def routed(row: dict[str, object], customer: dict[str, object], made: datetime, waited: int | None) -> dict[str, object]:
    """Team and priority as the decision gives them, and the time promised. `waited`: hours until the response; None is
    too late.
    """
    found = decide("ticket_routing", "Ticket routing", category=row["category"], grade=customer["level"], channel=row["channel"])
    assert isinstance(found, dict)
    priority = found["priority"] if row["priority"] == "normal" else row["priority"]
    hours = PROMISED[str(priority)]
    replied = made + timedelta(hours=hours + 2 if waited is None else min(waited, hours))
    return {"team": found["team"], "priority": priority,
            "response_due": (made + timedelta(hours=hours)).isoformat() + "Z", "responded_at": replied.isoformat() + "Z"}


def activities(customers: list[dict[str, object]], people: list[dict[str, object]]) -> list[dict[str, object]]:
    by_account: dict[object, list[object]] = {}
    for contact in people:
        by_account.setdefault(contact["account"], []).append(contact["@key"])
    rows: list[dict[str, object]] = []
    for customer in customers:
        last = date.fromisoformat(str(customer["last_interaction"]))
        days = sorted(last - timedelta(days=R.randint(1, 360)) for _ in range(R.randint(4, 16))) + [last]
        for day in days:
            kind = R.choices(("call", "meeting", "mail"), (5, 2, 3))[0]
            at = instant(day)
            rows.append({
                "type": kind, "subject": R.choice(SUBJECTS[kind]), "account": customer["code"],
                "contact": "@" + str(R.choice(by_account[customer["code"]])), "at": at,
                "length": R.choice(("PT5M", "PT10M", "PT30M")) if kind == "call" else "PT1H30M" if kind == "meeting" else "",
                "result": R.choice(("interested", "call_again", "not_reached", "no_interest")) if kind != "mail" else "",
                "notes": R.choice(NOTES) if R.random() < 0.6 else "", "owner": customer["owner"], "created_at": at,
            })
    return sorted(rows, key=lambda row: str(row["at"]))


def tasks(customers: list[dict[str, object]]) -> list[dict[str, object]]:
    return [
        {"subject": R.choice(("准备方案", "寄送样品", "确认付款时间", "安排演示", "Prepare the offer", "更新客户资料")), "account": customer["code"],
         "priority": R.choices(("low", "normal", "high"), (2, 5, 2))[0], "due_date": ANCHOR + timedelta(days=R.randint(-6, 20)),
         "status": R.choices(("open", "doing", "done"), (5, 2, 4))[0], "owner": customer["owner"], "created_at": instant(ago(1, 20))}
        for customer in R.sample(customers, 70)
    ]


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    customers = accounts(300)
    people = contacts(customers)
    deals = opportunities(customers)
    offers, offer_lines = quotes(deals)
    agreements, plan = contracts(customers, deals)
    purchases, purchase_lines = orders(agreements)
    grade(customers, purchases, purchase_lines)
    write("account_template", template_accounts())
    write("account", customers)
    write("contact", people)
    write("lead", leads())
    write("product", [
        {"code": c, "name": n, "category": k, "unit": u, "price": p, "cost": money(Decimal(p) * Decimal("0.62")), "tax_rate": t, "active": "true"}
        for c, n, k, u, p, t in PRODUCTS
    ])
    books = ((f"标准价目表 {ANCHOR:%Y}", 1), ("经销商价目表", Decimal("0.88")))
    write("price_book", [{"name": n, "valid_from": date(ANCHOR.year, 1, 1), "valid_to": date(ANCHOR.year, 12, 31), "active": "true"} for n, _ in books])
    write("price_book_entry", [
        {"parent": n, "position": i, "product": p[0], "price": money(Decimal(p[4]) * f), "max_discount": 10}
        for n, f in books for i, p in enumerate(PRODUCTS, 1)
    ])
    write("opportunity", deals)
    write("quote", offers)
    write("quote_line", offer_lines)
    write("contract", agreements)
    write("payment_plan", plan)
    write("order", purchases)
    write("order_line", purchase_lines)
    write("ticket", tickets(customers))
    write("activity", activities(customers, people))
    write("task", tasks(customers))


if __name__ == "__main__":
    main()
