"""Flask-AppBuilder's own ModelRestApi over the same table, with its permissions, for the list comparison."""

from __future__ import annotations

import os

from flask import Flask
from flask_appbuilder import AppBuilder, Model
from flask_appbuilder.api import ModelRestApi
from flask_appbuilder.models.sqla.base import SQLA
from flask_appbuilder.models.sqla.interface import SQLAInterface
from sqlalchemy import Column, Date, Integer, Numeric, String

db = SQLA()


class Deal(Model):
    __tablename__ = "e_deal"
    id = Column(Integer, primary_key=True)
    name = Column(String(120))
    amount = Column(Numeric(20, 2))
    status = Column(String(40))
    city = Column(String(60))
    due = Column(Date)
    owner = Column(Integer)


class DealApi(ModelRestApi):
    resource_name = "deal"
    datamodel = SQLAInterface(Deal)
    list_columns = ("id", "name", "amount", "status", "city", "due", "owner")


app = Flask(__name__)
app.config.update(
    SECRET_KEY=os.environ["BENCH_SECRET"],
    SQLALCHEMY_DATABASE_URI=os.environ["BENCH_DATABASE_URL"],
    FAB_UPDATE_PERMS=False,
    FAB_ROLES={"seller": [[".*", ".*"]]},
    FAB_CREATE_DB=False,
    FAB_ADD_SECURITY_VIEWS=True,
)
with app.app_context():
    db.init_app(app)
    builder = AppBuilder(app, db.session)
    builder.add_api(DealApi)
