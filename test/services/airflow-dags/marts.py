"""One DAG that a rule can trigger, and one asset (a dataset, in Airflow 2) that it can say is updated."""

import datetime

try:
    from airflow.sdk import DAG, Asset
    from airflow.providers.standard.operators.empty import EmptyOperator
except ImportError:
    from airflow import DAG
    from airflow.datasets import Dataset as Asset
    from airflow.operators.empty import EmptyOperator

START = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)

with DAG("marts", start_date=START, schedule=None, catchup=False):
    EmptyOperator(task_id="build")

with DAG("readers", start_date=START, schedule=[Asset("s3://lake/orders")], catchup=False):
    EmptyOperator(task_id="read")
