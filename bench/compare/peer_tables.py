"""What both are asked: discordant counts, p-values, and cases with an effect in sds."""

TABLES = [(86, 150), (1, 7), (6, 16), (0, 9), (30, 31), (12, 5)]
P_VALUES = [[0.01, 0.02, 0.03, 0.04], [0.001, 0.2, 0.04, 0.04, 0.5], [0.7, 0.012]]
POWERS = [(34, 0.5), (100, 0.2), (400, 0.1), (60, 0.4)]
