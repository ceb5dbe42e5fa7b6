"""The library's private names this package rests on, and what it must never do with ours."""

import inspect
import pickle

import pysyncobj.pickle
import pytest
from pysyncobj import SyncObj
from pysyncobj.version import VERSION

import cluster.raft.library

NAMES = {
    "raftLog", "raftState", "otherNodes", "raftLeader", "raftElectionDeadline", "raftMatchIndex", "lastResponseTime", "raftCommitIndex",
    "raftLastApplied", "transferInProgress", "raftCurrentTerm", "votedForNodeId", "serializer", "needLoadDumpFile", "pipeNotifier",
}  # fmt: skip
METHODS = {
    "setCurrentTerm", "setState", "onLeaderChanged", "doChangeCluster", "changeCluster", "parseChangeClusterRequest", "doApplyCommand",
    "loadDumpFile", "updateClusterConfiguration",
}  # fmt: skip


def test_the_library_is_the_one_that_was_read():
    source = inspect.getsource(SyncObj)
    assert VERSION == "0.3.17"
    for name in NAMES:
        assert f"self.__{name} = " in source, name
    for name in METHODS:
        assert f"def __{name}(" in source, name
    used = set(__import__("re").findall(r"_SyncObj__(\w+)", inspect.getsource(cluster.raft.library)))
    private = set(__import__("re").findall(r'_private\("(\w+)"\)', inspect.getsource(cluster.raft.library)))
    assert used | private <= NAMES | METHODS | {"{name}"}


def test_no_pickle_is_read_through_the_library():
    evil = pickle.dumps(print, protocol=2)
    with pytest.raises(ValueError, match="Nothing is unpickled"):
        pysyncobj.pickle.loads(evil)
