"""Tells the hub the story of test/clients/story.ts with the OpenLineage client for Python.

    python tell_story.py SPACE RUN_ID

Where to and how is the client's own affair: it reads OPENLINEAGE_URL or OPENLINEAGE__TRANSPORT__... from the environment.
"""

import sys
from datetime import datetime, timezone

from openlineage.client import OpenLineageClient
from openlineage.client.event_v2 import (
    DatasetEvent,
    InputDataset,
    Job,
    JobEvent,
    OutputDataset,
    Run,
    RunEvent,
    RunState,
    StaticDataset,
)
from openlineage.client.facet_v2 import (
    column_lineage_dataset,
    documentation_dataset,
    output_statistics_output_dataset,
    schema_dataset,
)

PRODUCER = "https://example.com/story/tree/1.0.0/python"
DATABASE = "postgres://db:5432"


def at(minute: int) -> str:
    return datetime(2026, 1, 1, 0, minute, tzinfo=timezone.utc).isoformat()


def schema(**fields: str) -> schema_dataset.SchemaDatasetFacet:
    return schema_dataset.SchemaDatasetFacet(
        fields=[schema_dataset.SchemaDatasetFacetFields(name=name, type=type_) for name, type_ in fields.items()]
    )


def main(space: str, run_id: str) -> None:
    orders, daily, report = (f"shop.{space}.{table}" for table in ("orders", "daily", "report"))
    total = column_lineage_dataset.Fields(
        inputFields=[
            column_lineage_dataset.InputField(
                namespace=DATABASE,
                name=orders,
                field="amount",
                transformations=[column_lineage_dataset.Transformation(type="DIRECT", subtype="AGGREGATION")],
            )
        ]
    )
    run = {"run": Run(runId=run_id), "job": Job(namespace=space, name="daily"), "producer": PRODUCER}

    client = OpenLineageClient()
    client.emit(
        RunEvent(
            eventType=RunState.START,
            eventTime=at(0),
            inputs=[InputDataset(DATABASE, orders, facets={"schema": schema(id="bigint", amount="numeric")})],
            outputs=[],
            **run,
        )
    )
    client.emit(
        RunEvent(
            eventType=RunState.COMPLETE,
            eventTime=at(5),
            inputs=[],
            outputs=[
                OutputDataset(
                    DATABASE,
                    daily,
                    facets={
                        "schema": schema(total="numeric"),
                        "columnLineage": column_lineage_dataset.ColumnLineageDatasetFacet(fields={"total": total}),
                    },
                    outputFacets={
                        "outputStatistics": output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(
                            rowCount=120
                        )
                    },
                )
            ],
            **run,
        )
    )
    client.emit(
        JobEvent(
            eventTime=at(6),
            job=Job(namespace=space, name="report"),
            inputs=[InputDataset(DATABASE, daily)],
            outputs=[OutputDataset(DATABASE, report)],
            producer=PRODUCER,
        )
    )
    client.emit(
        DatasetEvent(
            eventTime=at(7),
            dataset=StaticDataset(
                DATABASE,
                orders,
                facets={
                    "documentation": documentation_dataset.DocumentationDatasetFacet(description="One row an order")
                },
            ),
            producer=PRODUCER,
        )
    )
    # False: something is still on its way, or could not be sent.
    if not client.close(timeout=30):
        sys.exit("the client did not send all of it")


main(*sys.argv[1:])
