"""The project file as typed models; all faults at once."""
