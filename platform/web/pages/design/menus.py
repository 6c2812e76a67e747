"""The designer of menus: workspaces in their order, the lists in each, and the menu as a role sees it."""

from __future__ import annotations

from typing import Any, Final

from flask import render_template
from flask.typing import ResponseReturnValue

from formloom.errors import Text
from formloom.metadata.catalog import Catalog, Role
from formloom.web.i18n import label, texts
from formloom.web.pages.blueprint import blueprint
from formloom.web.pages.design import editing
from formloom.web.pages.design.entities import ICONS
from formloom.web.pages.design.outline import outlined
from formloom.web.pages.edited_sources import administrator
from formloom.web.requests import reading

Json = dict[str, Any]
_WORDS: Final = {
    "name_zh": Text("Name in Chinese"), "name_en": Text("Name in English"), "icon": Text("Picture"),
    "new_workspace": Text("New workspace"), "remove": Text("Remove the workspace"),
    "remove_help": Text("Only the menu changes; its lists stay, and can be put into another workspace."),
    "everything": Text("All records"), "add": Text("Add a list ..."), "move": Text("Move {{name}}: arrows up and down"),
    "moved": Text("{{name}} is number {{n}} of {{all}}."), "take_away": Text("Take {{name}} away"),
    "nothing": Text("This role sees nothing in the menu."), "gone": Text("This list is not there any more."),
    "empty": Text("No list yet. Add one below."), "choose": Text("Choose a workspace"),
}


@blueprint.get("/design/menus")
def design_menus() -> ResponseReturnValue:
    administrator()
    with reading() as context:
        catalog = outlined(context)
        trees = editing.trees(context, "workspace")
    order = [one.name for one in catalog.workspaces]
    data = {
        "workspaces": {name: trees[name] for name in (*order, *trees) if name in trees},
        "draft": editing.draft_as_json(), "icons": ICONS, "entities": [_entity(e) for e in catalog.entities.values()],
        "roles": [{"name": role.name, "label": label(role.label), "reads": _read(role, catalog)}
                  for role in catalog.roles.values()],
        "dashboards": [{"workspace": one.workspace, "label": label(one.label), "icon": one.icon,
                        "entities": sorted({card.entity for card in one.cards})}
                       for one in catalog.dashboards.values()],
        "words": texts(_WORDS)}
    used = {str(tree.get("icon", "folder")) for tree in trees.values()}
    used |= {e.icon for e in catalog.entities.values()} | {one.icon for one in catalog.dashboards.values()}
    return render_template("design/menus.html", data=data, icons=sorted({*ICONS, *used, "folder"}))


def _entity(entity: Any) -> Json:
    return {"name": entity.name, "label": label(entity.plural), "icon": entity.icon, "parent": entity.parent,
            "views": [{"name": view.name, "label": label(view.label)} for view in entity.views]}


def _read(role: Role, catalog: Catalog) -> list[str]:
    """Entities of which the role may see some record; an administrator sees all."""
    if role.admin:
        return list(catalog.entities)
    found = {name: rule.read for name, rule in role.rules.items()}
    return [name for name, rule in found.items() if rule is not None and rule.constant is not False]
