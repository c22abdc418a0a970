"""Findings, states, verdict, roster, waivers and the run record: data and pure functions."""
