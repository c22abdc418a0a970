"""PostgreSQL: ephemeral clusters, migrations, backups and drills."""
