"""Several processes of one service under a parent that owns ports, signals and the management port.

_fleet    all workers as one Server: start, roll, stop
_slot     one worker's place: replaces it when it ends
_worker   one worker as the parent sees it
_main     the worker's own process
_channel  messages between the two
_totals   the metrics of all workers, summed in memory
_watch    files that changed, for reload
"""
