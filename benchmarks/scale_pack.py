"""A pack of any number of entities with 30 fields each, as a large organisation would have: the same at each run.

Twenty domains (sales, purchasing, ...) with documents and the rows of documents; references, choices, formulas,
roll-ups, child tables, views, forms, actions; twenty roles and twenty workspaces.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

DOMAINS = {
    "sales": "销售", "purchasing": "采购", "inventory": "库存", "production": "生产", "quality": "质量",
    "maintenance": "维保", "people": "人事", "payroll": "薪酬", "finance": "财务", "assets": "资产", "projects": "项目",
    "service": "服务", "logistics": "物流", "legal": "法务", "marketing": "市场", "technology": "信息", 
    "facilities": "行政", "training": "培训", "safety": "安全", "energy": "能源",
}
SUBJECTS = {
    "request": "申请", "order": "订单", "plan": "计划", "contract": "合同", "partner": "伙伴", "site": "地点",
    "budget": "预算", "invoice": "发票", "payment": "付款", "inspection": "检查", "incident": "事件", "task": "任务",
    "visit": "拜访", "report": "报告", "agreement": "协议", "offer": "报价", "delivery": "交付", "receipt": "收据",
    "complaint": "投诉", "audit": "审计", "risk": "风险", "permit": "许可", "certificate": "证书", "meeting": "会议",
    "campaign": "活动", "target": "目标", "survey": "调查", "change": "变更", "booking": "预订", "transfer": "调拨",
    "return": "退回", "adjustment": "调整", "measurement": "测量", "reservation": "预留", "schedule": "日程",
    "subscription": "订阅", "policy": "制度", "grade": "等级", "category": "类别", "template": "模板",
}
STATES = (("draft", "Draft", "草稿", "idle"), ("open", "Open", "进行中", "run"), ("waiting", "Waiting", "等待", "wait"),
          ("done", "Done", "完成", "done"), ("cancelled", "Cancelled", "取消", "stop"))
PRIORITIES = (("low", "Low", "低"), ("normal", "Normal", "一般"), ("high", "High", "高"))
ROWS_OF = 4     # every fourth document has rows, which are an entity of their own

Definition = dict[str, Any]


def write(folder: Path, entities: int) -> None:
    """The pack as files; every field counts, system fields do not."""
    names = list(_names(entities))
    pick = random.Random(20)
    _put(folder / "pack.yaml", {"pack": "scale", "version": "1.0.0", "label": _label("Scale", "规模")})
    for name, parent in names:
        definition = _rows(name, parent, pick, names) if parent else _document(name, pick, names)
        _put(folder / "entities" / f"{name}.yaml", definition)
    for index, domain in enumerate(DOMAINS):
        _put(folder / "roles" / f"{domain}_officer.yaml", _role(domain, index, names))
        own = [{"entity": name} for name, parent in names if not parent and name.startswith(f"{domain}_")]
        if own:
            workspace = {"workspace": domain, "label": _label(domain.capitalize(), DOMAINS[domain]), "items": own}
            _put(folder / "workspaces" / f"{domain}.yaml", workspace)


def _names(entities: int) -> Iterator[tuple[str, str]]:
    """Name and parent, domain by domain: the first of a smaller pack are those of a larger one."""
    made = 0
    for index, subject in enumerate(SUBJECTS):
        for domain in DOMAINS:
            name = f"{domain}_{subject}"
            for each, parent in ((name, ""), *([(f"{name}_line", name)] if index % ROWS_OF == 0 else [])):
                if made < entities:
                    made += 1
                    yield each, parent


def _label(english: str, chinese: str) -> dict[str, str]:
    return {"en": english, "zh": chinese}


def _title(name: str) -> dict[str, str]:
    domain, subject, *rest = name.split("_")
    words = f"{domain.capitalize()} {subject}{' line' if rest else ''}"
    return _label(words, f"{DOMAINS[domain]}{SUBJECTS[subject]}{'明细' if rest else ''}")


def _field(kind: str, english: str, chinese: str, **options: Any) -> Definition:
    return {"type": kind, "label": _label(english, chinese), **options}


def _state() -> Definition:
    choices = [{"value": v, "label": _label(e, z), "tone": tone} for v, e, z, tone in STATES]
    return _field("choice", "Status", "状态", default='"draft"', readonly=True, choices=choices)


def _document(name: str, pick: random.Random, names: list[tuple[str, str]]) -> Definition:
    fields = _common_fields(name, pick, names)
    rows = next((child for child, parent in names if parent == name), None)
    if rows:
        fields |= {
            "lines": _field("table", "Lines", "明细", entity=rows),
            "lines_total": _field("rollup", "Total of lines", "明细合计", of="lines", function="sum", field="net"),
        }
    else:
        fields |= {"remarks": _field("long_text", "Remarks", "备注"), "source": _field("text", "Source", "来源")}
    assert len(fields) == 30, len(fields)
    return {
        "entity": name, "label": _title(name), "plural": _title(name), "icon": "file", "title": "name",
        "number": "number", "search": ["number", "name"], "state": "status", "owner": "owner", "fields": fields,
        "constraints": [{"name": "dates", "check": "end_date >= start_date", "field": "end_date",
                         "message": _label("Ends before it begins.", "结束早于开始。")}],
        "indexes": [["status", "end_date"]], "form": _form(fields),
        "list": {"columns": ["number", "name", "status", "owner", "amount", "end_date"], "sort": ["-created_at"]},
        "views": [{"name": "mine", "label": _label("Mine", "我的"), "filter": "owner = user.id"},
                  {"name": "late", "label": _label("Late", "逾期"),
                   "filter": 'end_date < today() and status in ("open", "waiting")', "sort": ["end_date"]}],
        "actions": {
            "begin": {"label": _label("Begin", "开始"), "primary": True, "when": 'status = "draft"',
                      "reason": _label("Only drafts begin.", "只有草稿能开始。"), "set": {"status": '"open"'}},
            "finish": {"label": _label("Finish", "完成"), "when": 'status in ("open", "waiting")',
                       "reason": _label("It is not open.", "不在进行中。"), "set": {"status": '"done"'}},
        },
    }


def _common_fields(name: str, pick: random.Random, names: list[tuple[str, str]]) -> dict[str, Definition]:
    """28 fields; references lead to documents that the smallest pack has as well, so that equal fields are compared."""
    documents = [other for other, parent in names[:20] if not parent and other != name]
    targets = pick.sample(documents, 3)
    limit, rate = pick.randrange(10, 500) * 1000, pick.choice(("0.06", "0.09", "0.13"))
    prefix = "".join(part[0] for part in name.split("_")).upper()
    return {
        "number": _field("sequence", "Number", "编号", pattern=f"{prefix}-{{YYYY}}-{{00000}}"),
        "name": _field("text", "Name", "名称", max_length=200, required=True, help=_label("Short.", "简短。")),
        "status": _state(),
        "priority": _field("choice", "Priority", "优先级", default='"normal"',
                           choices=[{"value": v, "label": _label(e, z)} for v, e, z in PRIORITIES]),
        "owner": _field("user", "Owner", "负责人", required=True, default="user.id"),
        "first_party": _field("reference", "First party", "甲方", entity=targets[0]),
        "second_party": _field("reference", "Second party", "乙方", entity=targets[1]),
        "origin": _field("reference", "Origin", "来自", entity=targets[2]),
        "start_date": _field("date", "From", "开始", default="today()"),
        "end_date": _field("date", "Until", "结束", required_when='priority = "high"'),
        "amount": _field("money", "Amount", "金额", currency="CNY", minimum=0),
        "discount": _field("percent", "Discount", "折扣", minimum=0, maximum=100),
        "quantity": _field("decimal", "Quantity", "数量", minimum=0),
        "tax_rate": _field("decimal", "Tax rate", "税率", default=rate),
        "net": _field("formula", "Net", "净额", returns="money", currency="CNY",
                      formula="if discount = null then amount else amount * (1 - discount / 100)"),
        "tax": _field("formula", "Tax", "税额", returns="money", currency="CNY",
                      formula="round half up(net * tax_rate, 2)"),
        "total": _field("formula", "Total", "总额", returns="money", currency="CNY", formula="net + tax"),
        "days": _field("formula", "Days", "天数", returns="integer", formula="(end_date - start_date).days"),
        "large": _field("formula", "Large", "大额", returns="boolean", formula=f"amount > {limit}"),
        "reason": _field("long_text", "Reason", "原因", visible_when="large", required_when=f"amount > {limit}"),
        "approved_by": _field("user", "Approved by", "批准人", readonly=True),
        "approved_on": _field("date", "Approved on", "批准日期", readonly_when='status != "draft"'),
        "email": _field("email", "E-mail", "邮箱"), "phone": _field("phone", "Phone", "电话"),
        "city": _field("text", "City", "城市", max_length=60, indexed=True),
        "active": _field("boolean", "Active", "有效", default="true"), "tags": _field("tags", "Tags", "标签"),
        f"{name}_note": _field("long_text", "Note", "说明"),
    }


def _rows(name: str, parent: str, pick: random.Random, names: list[tuple[str, str]]) -> Definition:
    fields = _common_fields(name, pick, names)
    fields |= {"remarks": _field("text", "Remarks", "备注"), "weight": _field("decimal", "Weight", "重量", minimum=0)}
    return {"entity": name, "label": _title(name), "title": "name", "parent": parent, "state": "status",
            "fields": fields}


def _form(fields: dict[str, Definition]) -> Definition:
    names = list(fields)
    spans = (("Basics", "基本", 0, 10), ("Figures", "金额", 10, 19), ("Details", "详情", 19, 30))
    return {"headline": ["total", "end_date", "owner"],
            "tabs": [{"label": _label(e, z), "sections": [{"label": _label(e, z), "fields": names[start:end]}]}
                     for e, z, start, end in spans]}


def _role(domain: str, index: int, names: list[tuple[str, str]]) -> Definition:
    """Everything of the own domain, the next one's records where one is concerned, and all of the third to read."""
    order = list(DOMAINS)
    second, third = order[(index + 1) % len(order)], order[(index + 2) % len(order)]
    rules: dict[str, Definition] = {}
    for name, parent in names:
        of = name.split("_")[0]
        if of == domain and not parent:
            rules[name] = {
                "create": True, "read": 'owner = user.id or owner in user.reports or status != "draft"',
                "update": "owner = user.id or owner in user.team", "delete": 'owner = user.id and status = "draft"',
                "actions": {"begin": "owner = user.id", "finish": "owner = user.id or owner in user.reports"},
                "fields": {"phone": {"mask": "last4"}},
                "states": {"done": {"update": False, "delete": False, "reason": _label("It is done.", "已经完成。")}},
            }
        elif of == second and not parent:
            rules[name] = {"read": "owner = user.id or first_party.owner = user.id",
                           "fields": {"amount": {"read": False}}}
        elif of == third and not parent:
            rules[name] = {"read": 'active = true and priority in ("normal", "high")'}
    label = _label(f"{domain.capitalize()} officer", f"{DOMAINS[domain]}专员")
    return {"role": f"{domain}_officer", "label": label, "entities": rules}


def _put(path: Path, definition: Definition) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(definition, allow_unicode=True, sort_keys=False, width=120), encoding="utf-8")
