"""Roles, gates, approvals, states, trace and the audit chain."""
