"""Where facts about the installation itself are kept."""

from sqlalchemy import Column, Table, Text

from revenge.infra.database import metadata

site = Table("site", metadata, Column("name", Text, primary_key=True), Column("value", Text, nullable=False), schema="shared")
