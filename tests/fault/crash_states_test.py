#!/usr/bin/env python3
"""crash_states.py against records whose states can be counted by hand."""

import unittest

from crash_states import Model, Record, States

OLD, NEW = b"o" * 5000, b"n" * 6000


def made(*steps, initial=None):
    """A model of steps: (op, path), (write, path, bytes), (rename, path, to)."""
    records, inodes = [], {"": 1}
    for op, path, *rest in steps:
        to, data = "", b""
        if op == "create":
            inodes[path] = len(inodes) + 1
        if op == "write":
            data, = rest
        if op == "rename":
            to, = rest
            inodes[to] = inodes.get(path, 0)
        records.append(Record(op, inodes.get(path, 0), 0, len(data), path, to, data))
    return Model(records, initial or {})


def last_states(model):
    """The states of the end, as {name: content} each."""
    end = len(model.records)
    return [state for moment, _, state in States(model).all() if moment == end]


class CrashStates(unittest.TestCase):
    def test_a_file_that_is_synced_and_named_durably_has_one_state(self):
        model = made(("create", "t"), ("write", "t", NEW), ("sync", "t"), ("rename", "t", "a"), ("sync", ""),
                     initial={"a": OLD})
        self.assertEqual(last_states(model), [{"a": NEW}])

    def test_without_its_fsync_the_new_name_may_hold_anything(self):
        model = made(("create", "t"), ("write", "t", NEW), ("rename", "t", "a"), ("sync", ""), initial={"a": OLD})
        contents = [state["a"] for state in last_states(model)]
        for possible in (NEW, b"", bytes(len(NEW))):
            self.assertIn(possible, contents)
        torn = [one for one in contents if len(one) == len(NEW) and one.startswith(b"n" * 4096) and one != NEW]
        self.assertTrue(torn, "the last block may be half there")
        self.assertNotIn(OLD, contents, "the folder was synced: the old file is gone")

    def test_without_the_folders_fsync_the_old_file_may_be_back(self):
        model = made(("create", "t"), ("write", "t", NEW), ("sync", "t"), ("rename", "t", "a"), initial={"a": OLD})
        states = last_states(model)
        self.assertIn({"a": NEW}, states)
        self.assertIn({"a": OLD}, states)
        self.assertTrue(all(state["a"] in (OLD, NEW) for state in states), "never anything between")

    def test_a_removed_file_may_be_back_until_the_folder_is_synced(self):
        self.assertCountEqual(last_states(made(("unlink", "a"), initial={"a": OLD})), [{}, {"a": OLD}])
        self.assertEqual(last_states(made(("unlink", "a"), ("sync", ""), initial={"a": OLD})), [{}])

    def test_what_lies_in_a_folder_is_gone_with_its_name(self):
        steps = [("mkdir", "d"), ("create", "d/a"), ("write", "d/a", NEW), ("sync", "d/a"), ("sync", "d")]
        self.assertCountEqual(last_states(made(*steps)), [{"d": None, "d/a": NEW}, {}])
        self.assertEqual(last_states(made(*steps, ("sync", ""))), [{"d": None, "d/a": NEW}])

    def test_what_was_there_before_stays(self):
        there = {"d": None, "d/e": None, "d/e/a": OLD, "b": OLD}
        self.assertCountEqual(last_states(made(("unlink", "d/e/a"), initial=there)),
                              [there, {"d": None, "d/e": None, "b": OLD}])

    def test_two_files_are_lost_one_without_the_other(self):
        model = made(("write", "a", NEW), ("write", "b", NEW), initial={"a": b"", "b": b""})
        states = last_states(model)
        for one, other in ((NEW, b""), (b"", NEW), (NEW, NEW), (b"", b"")):
            self.assertIn({"a": one, "b": other}, states)

    def test_an_overwritten_block_is_old_or_new(self):
        model = made(("write", "a", b"n" * 12288), initial={"a": b"o" * 12288})
        for state in last_states(model):
            for at in range(0, 8192, 4096):
                self.assertIn(state["a"][at:at + 4096], (b"o" * 4096, b"n" * 4096))

    def test_memory_that_is_shared_is_lost(self):
        self.assertEqual(last_states(made(("create", "w-shm"), ("write", "w-shm", NEW), ("sync", ""))), [{}])


if __name__ == "__main__":
    unittest.main()
