"""Celery: take an id, call one service."""
