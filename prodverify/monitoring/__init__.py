"""What [[slos]] and [monitoring] become: queries, rules and their tests, routing, dashboards, OpenSLO."""
