"""What a crash may leave of a recorded folder: the states that a journalling file system allows.

The record is record_shim.c's. A crash after the first N records keeps of a file what was written before its last
fsync, and of later writes anything: none, all, some blocks, their size without their data. It keeps of a folder the
names that it had at its last fsync, and of later changes a prefix of their order. Folders are independent of each
other, and making a file durable does not make its name so (POSIX; ext4 and XFS keep more). Memory that SQLite
shares (-shm) is gone.
"""

import bisect
import dataclasses
import hashlib
import random

BLOCK = 4096
SHARED_MEMORY = "-shm"
EXCHANGE = 2  # of renameat2


@dataclasses.dataclass
class Record:
    op: str
    inode: int
    offset: int
    size: int
    path: str
    to: str
    data: bytes


def read_records(log):
    """The records of record_shim.c's log, in order."""
    raw, at, records = log.read_bytes(), 0, []
    while at < len(raw):
        end = raw.index(b"\n", at)
        op, *numbers = raw[at:end].decode().split(" ")
        inode, offset, size, length, length_to = map(int, numbers)
        at = end + 1
        path, to = raw[at:at + length].decode(), raw[at + length:at + length + length_to].decode()
        at += length + length_to
        count = size if op == "write" else 0
        records.append(Record(op, inode, offset, size, path, to, raw[at:at + count]))
        at += count
    return records


class File:
    """Contents in time: changes, each (index, offset, bytes), or (index, size, None) where it is cut or extended."""

    def __init__(self, content=b""):
        self.initial, self.changes, self.syncs = content, [], []

    def synced_before(self, moment):
        at = bisect.bisect_left(self.syncs, moment)
        return self.syncs[at - 1] if at else -1

    def pending(self, moment):
        """Changes that no fsync has made durable."""
        synced = self.synced_before(moment)
        return [change for change in self.changes if synced < change[0] < moment]

    def durable(self, moment):
        synced, content = self.synced_before(moment), bytearray(self.initial)
        for change in self.changes:
            if change[0] < synced:
                apply(content, change)
        return content


class Folder:
    """Names in time are the model's list of changes; here only what made them durable."""

    def __init__(self):
        self.entries, self.syncs = {}, []  # what it holds while the record is read

    def is_synced(self, index, moment):
        at = bisect.bisect_right(self.syncs, index)
        return at < len(self.syncs) and self.syncs[at] < moment


@dataclasses.dataclass
class NameChange:
    """Entry `name` of `folder` becomes `node` (or goes, where that is None); with `source` it leaves there."""

    index: int
    folder: Folder
    name: str
    node: object
    source: tuple = ()  # (folder, name) of a rename

    def folders(self):
        return [self.folder, *self.source[:1]]

    def is_durable(self, moment):
        return any(folder.is_synced(self.index, moment) for folder in self.folders())

    def apply(self, entries):
        if self.source:
            entries.setdefault(self.source[0], {}).pop(self.source[1], None)
        if self.node is None:
            entries.setdefault(self.folder, {}).pop(self.name, None)
        else:
            entries.setdefault(self.folder, {})[self.name] = self.node


def apply(content, change):
    _, at, data = change
    size = at if data is None else at + len(data)
    if len(content) < size:
        content.extend(bytes(size - len(content)))
    if data is None:
        del content[at:]
    else:
        content[at:size] = data


class Model:
    """A record, read into files, folders and changes of names. `initial` is {path: content} of what was there, folders
    with None."""

    def __init__(self, records, initial):
        self.records, self.root, self.names, self.inodes = records, Folder(), [], {}
        self.says = [index for index, record in enumerate(records) if record.op == "say"]
        folders = [self.root]
        for path, content in sorted(initial.items()):  # a folder before what it holds
            folder, name = self.place(path)
            folder.entries[name] = File(content) if content is not None else Folder()
            folders += [folder.entries[name]] if content is None else []
        self.initial = {folder: dict(folder.entries) for folder in folders}
        for index, record in enumerate(records):
            getattr(self, f"read_{record.op}")(index, record)

    def place(self, path):
        """(folder, last part) as of now."""
        *parents, name = path.split("/")
        folder = self.root
        for parent in parents:
            folder = folder.entries[parent]
        return folder, name

    def node(self, path):
        if not path:
            return self.root
        folder, name = self.place(path)
        return folder.entries.get(name)

    def file(self, record):
        """By inode where it is known: its name may be gone, or another's."""
        return self.inodes.get(record.inode) or self.node(record.path)

    def change(self, index, path, node, source=""):
        folder, name = self.place(path)
        change = NameChange(index, folder, name, node, self.place(source) if source else ())
        if source:
            del change.source[0].entries[change.source[1]]
        if node is None:
            folder.entries.pop(name)
        else:
            folder.entries[name] = node
        self.names.append(change)

    def read_create(self, index, record):
        self.inodes[record.inode] = File()
        self.change(index, record.path, self.inodes[record.inode])

    def read_mkdir(self, index, record):
        self.change(index, record.path, Folder())

    def read_unlink(self, index, record):
        self.change(index, record.path, None)

    read_rmdir = read_unlink

    def read_rename(self, index, record):
        first, second = self.node(record.path), self.node(record.to)
        if record.size & EXCHANGE:
            self.change(index, record.path, second)
            self.change(index, record.to, first)
        else:
            self.change(index, record.to, first, record.path)

    def read_link(self, index, record):
        self.change(index, record.to, self.node(record.path))

    def read_write(self, index, record):
        self.file(record).changes.append((index, record.offset, record.data))

    def read_truncate(self, index, record):
        self.file(record).changes.append((index, record.size, None))

    def read_sync(self, index, record):
        node = self.node(record.path)
        (node if isinstance(node, Folder) else self.file(record)).syncs.append(index)

    def read_say(self, index, record):
        pass

    def moments(self):
        """Numbers of records after which something else may be lost than before: around all but writes, and a third
        and two thirds of the way through writes that follow each other."""
        found, run = {0, len(self.records)}, []
        for index, record in enumerate(self.records):
            if record.op == "write":
                run.append(index)
                continue
            found |= {index, index + 1, *(run[len(run) * part // 3] for part in (1, 2) if len(run) > 2)}
            run = []
        return sorted(found)

    def is_reported(self, moment):
        """Whether the command had said that it was done, or had ended."""
        return moment == len(self.records) or any(index < moment for index in self.says)

    def state(self, moment, keeps_name, content_of):
        """{path: content}, folders with None, of the durable changes and those that are kept."""
        entries = {folder: dict(names) for folder, names in self.initial.items()}
        stopped = set()  # folders one of whose changes is lost: no later one is kept
        for change in self.names:
            if change.index >= moment:
                break
            is_stopped = stopped.intersection(change.folders()) or not keeps_name(change)
            if is_stopped and not change.is_durable(moment):
                stopped.update(change.folders())
                continue
            change.apply(entries)
        found = {}
        self.collect(self.root, "", entries, content_of, found)
        return found

    def collect(self, folder, prefix, entries, content_of, found):
        for name, node in entries.get(folder, {}).items():
            if name.endswith(SHARED_MEMORY):
                continue
            if isinstance(node, Folder):
                found[prefix + name] = None
                self.collect(node, f"{prefix}{name}/", entries, content_of, found)
            else:
                found[prefix + name] = content_of(node)


# What becomes of a file's unsynced changes.
def kept(file, moment):
    content = file.durable(moment)
    for change in file.pending(moment):
        apply(content, change)
    return content


def lost(file, moment):
    return file.durable(moment)


def sized(file, moment):
    """The length is kept, the data are not: old ones, and zeros behind them, as after delayed allocation."""
    content = file.durable(moment)
    for change in file.pending(moment):
        _, at, data = change
        if data is None:
            apply(content, change)
        else:
            content.extend(bytes(max(0, at + len(data) - len(content))))
    return content


def torn(file, moment):
    """The last block that was written is half there."""
    pending, content = file.pending(moment), kept(file, moment)
    writes = [change for change in pending if change[2]]
    if not writes:
        return content
    _, at, data = writes[-1]
    begin = max(at, (at + len(data) - 1) // BLOCK * BLOCK)
    begin += (at + len(data) - begin) // 2
    before = file.durable(moment)
    for change in pending[:pending.index(writes[-1])]:
        apply(before, change)
    old = before[begin:at + len(data)]
    content[begin:at + len(data)] = old + bytes(at + len(data) - begin - len(old))
    return content


def scattered(file, moment):
    """Any half of the blocks that changed is there, drawn by where they are; lengths are."""
    old, new = sized(file, moment), kept(file, moment)
    chance = random.Random(moment)
    for at in range(0, len(new), BLOCK):
        if chance.random() < 0.5:
            new[at:at + BLOCK] = old[at:at + BLOCK]
    return new


DATA = {"data kept": kept, "data lost": lost, "sizes without data": sized, "last block torn": torn,
        "half of the blocks": scattered}


class States:
    """All states of a model that differ, each (moment, words, {path: content})."""

    def __init__(self, model):
        self.model, self.contents, self.digests = model, {}, {}

    def content(self, file, moment, how):
        """(digest, bytes) of a file; the same for every moment between which nothing happens to it."""
        key = (id(file), file.synced_before(moment), bisect.bisect_left(file.changes, moment, key=lambda one: one[0]),
               how, moment if how == "half of the blocks" else None)
        if key not in self.contents:
            made = bytes(DATA[how](file, moment))
            digest = hashlib.sha256(made).digest()
            self.contents[key] = (digest, self.digests.setdefault(digest, made))
        return self.contents[key]

    def variants(self, moment):
        """(words, keeps_name, how by file): names and data kept or lost, all, and each alone."""
        open_files = [file for file in self.files(moment) if file.pending(moment)]
        folders = {folder: True for change in self.model.names
                   if change.index < moment and not change.is_durable(moment) for folder in change.folders()}
        for words in DATA:
            yield f"names kept, {words}", lambda change: True, lambda file, words=words: words
        for alone in open_files if len(open_files) > 1 else []:
            for first, other in (("data kept", "data lost"), ("data lost", "data kept")):
                yield (f"one file's {first}, other {other}", lambda change: True,
                       lambda file, alone=alone, first=first, other=other: first if file is alone else other)
        for words in ("data kept", "data lost"):
            yield f"names lost, {words}", lambda change: False, lambda file, words=words: words
            for alone in folders if len(folders) > 1 else {}:
                yield (f"one folder's names lost, {words}", lambda change, alone=alone: alone not in change.folders(),
                       lambda file, words=words: words)
                yield (f"one folder's names kept, {words}", lambda change, alone=alone: alone in change.folders(),
                       lambda file, words=words: words)

    def files(self, moment):
        found = {id(node): node for names in self.model.initial.values() for node in names.values()
                 if isinstance(node, File)}
        found |= {id(change.node): change.node for change in self.model.names
                  if change.index < moment and isinstance(change.node, File)}
        return found.values()

    def all(self):
        seen = set()
        for moment in self.model.moments():
            for words, keeps_name, how in self.variants(moment):
                state = self.model.state(moment, keeps_name, lambda file: self.content(file, moment, how(file)))
                known = (self.model.is_reported(moment),
                         tuple(sorted((path, entry and entry[0]) for path, entry in state.items())))
                if hash(known) not in seen:
                    seen.add(hash(known))
                    yield moment, words, {path: entry and entry[1] for path, entry in state.items()}
