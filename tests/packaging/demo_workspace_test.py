#!/usr/bin/env python3
"""demo_workspace_test.py PROGRAM: packaging/demo-workspace and what it has made.

README's results are worked out again here from `PROGRAM runs list` and `show` on the workspace that ships. That an
interrupted call continues is tried in a copy of the tree, with a stub in the place of the programs.
"""

import hashlib
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = str(pathlib.Path(sys.argv.pop(1)).resolve()) if len(sys.argv) > 1 else ""
STEPS = ["demo", "study", "workspace", "table", "pictures"]
BLOCK = re.compile(r"<!-- demo-workspace: results;[^\n]* -->\n(.*)<!-- demo-workspace: end -->\n", re.S)
FIGURE = re.compile(r"^([\d,]+(?:\.\d+)?)(?: ± ([\d,]+(?:\.\d+)?))?( %)?$")
VARIANTS = {"Dense+KD (control)": "Dense+KD"}


def block_of(text):
    found = BLOCK.findall(text)
    assert len(found) == 1, "the markers stand once, in their order"
    return found[0]


def rows_of(text):
    """Cells of the first table, by label."""
    table = text.split("| run |", 1)[1].split("\n\n", 1)[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]
    return {row[0]: row[1:] for row in rows}


def pages():
    return [ROOT / "README.md", *sorted((ROOT / "resources/help").glob("*.md"))]


class Shipped(unittest.TestCase):
    """What the repository holds."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.workspace = os.path.join(cls.folder.name, "w.sqlite")
        shutil.copy(ROOT / "resources/demo/workspace.sqlite", cls.workspace)
        cls.readme = (ROOT / "README.md").read_text(encoding="utf-8")
        cls.preset = json.loads((ROOT / "resources/presets/table-iii.json").read_text(encoding="utf-8"))
        cls.runs = cls.ask("list")["runs"]
        cls.shown = {}

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    @classmethod
    def ask(cls, *command):
        done = subprocess.run([PROGRAM, "runs", *command, "--workspace", cls.workspace, "--json"], check=True,
                              capture_output=True, env={**os.environ, "XDG_DATA_HOME": cls.folder.name})
        return json.loads(done.stdout)

    def show(self, run):
        number = run["run_id"]
        if number not in self.shown:
            self.shown[number] = self.ask("show", str(number))
        return self.shown[number]

    def of_variant(self, variant):
        return [run for run in self.runs if run["name"].startswith(variant + " · seed ")]

    def expected(self, label):
        """Share removed, perplexity before and after, of every seed."""
        if label.startswith("Dense ("):
            return [0.0], [], [self.runs[0]["dense_ppl"]]
        if label.startswith("Round "):
            number = int(label.split()[1])
            found = [[entry for entry in self.show(run)["summary"]["rounds"] if entry["round"] == number][0]
                     for run in self.of_variant("SparseKD")]
            return tuple([entry[key] for entry in found] for key in ("mlp_removed", "pre_kd_ppl", "post_kd_ppl"))
        runs = ([run for run in self.runs if run["name"] == "demo"][:1] if label.startswith("the demo")
                else self.of_variant(VARIANTS.get(label, label)))
        before = [run["post_prune_ppl"] for run in runs if run["mlp_removed"] > 0]
        return [run["mlp_removed"] for run in runs], before, [run["post_kd_ppl"] for run in runs]

    def assert_shows(self, cell, values, factor=1.0):
        if not values:
            self.assertEqual(cell, "")
            return
        match = FIGURE.match(cell)
        self.assertTrue(match, f'"{cell}" is no figure')
        pairs = [(match[1], statistics.fmean(values) * factor)]
        if len(values) > 1 and factor == 1.0:
            self.assertTrue(match[2], f'"{cell}" has no spread')
            pairs.append((match[2], statistics.stdev(values)))
        for text, value in pairs:
            half = 0.5 * 10.0 ** -(len(text.split(".")[1]) if "." in text else 0)
            self.assertLessEqual(abs(float(text.replace(",", "")) - value), half * 1.0001, cell)

    def test_the_table_is_what_the_workspace_holds(self):
        rows = rows_of(block_of(self.readme))
        self.assertTrue(any(label.startswith("the demo") for label in rows))
        for row in self.preset["table"]["rows"]:
            self.assertIn(row["label"], rows)
        for label, cells in rows.items():
            with self.subTest(label):
                removed, before, after = self.expected(label)
                self.assertTrue(after, "there is no run for this row")
                self.assert_shows(cells[0], removed, 100.0)
                self.assert_shows(cells[1], before)
                self.assert_shows(cells[3], after)

    def test_the_papers_columns_are_the_presets(self):
        rows = rows_of(block_of(self.readme))
        for row in self.preset["table"]["rows"]:
            cells = rows[row["label"]]
            for cell, key in ((cells[2], "post_prune_ppl"), (cells[4], "post_kd_ppl")):
                value = row["paper"].get(key)
                self.assertEqual(cell == "", value is None, row["label"])
                if value is not None:
                    self.assertEqual(float(cell.split(" ± ")[0]), value)

    def test_a_figure_changed_by_hand_is_noticed_and_mended(self):
        readme = pathlib.Path(self.folder.name) / "README.md"
        spoiled = self.readme.replace("| Round 4 | 3", "| Round 4 | 4", 1)
        self.assertNotEqual(spoiled, self.readme)
        readme.write_text(spoiled, encoding="utf-8")
        command = re.search(r"`(sparsekd study [^`]*)`", block_of(self.readme))[1]
        call = [sys.executable, str(ROOT / "packaging/demo/record.py"), "readme", PROGRAM, self.workspace, "demo",
                str(ROOT / "resources/presets/table-iii.json"), command, str(readme)]
        self.assertEqual(subprocess.run([*call, "--check"], check=False).returncode, 3)
        self.assertEqual(readme.read_text(encoding="utf-8"), spoiled, "--check changes nothing")
        subprocess.run(call, check=True)
        self.assertEqual(readme.read_text(encoding="utf-8"), self.readme)

    def test_every_picture_that_the_pages_show_is_there(self):
        names = {name for page in pages() for name in re.findall(r"pictures/([\w-]+\.\w+)", page.read_text("utf-8"))}
        self.assertGreater(len(names), 5)
        for name in names:
            self.assertTrue((ROOT / "resources/pictures" / name).is_file(), name)

    def test_no_run_that_ships_is_damaged(self):
        self.assertEqual([run["name"] for run in self.runs if run.get("damaged")], [])
        self.assertEqual({run["status"] for run in self.runs}, {"completed"})

    def test_what_the_script_made_is_small_and_has_answers(self):
        made = ROOT / "packaging/demo/made.txt"
        line = re.search(r"^workspace (\w+) (\w+)$", made.read_text(), re.M) if made.exists() else None
        if line is None:
            self.skipTest("the workspace that ships was not made by packaging/demo-workspace yet")
        shipped = (ROOT / "resources/demo/workspace.sqlite").read_bytes()
        self.assertEqual(hashlib.sha256(shipped).hexdigest(), line[2])
        self.assertLess(len(shipped), 3_000_000)
        demo = self.show([run for run in self.runs if run["name"] == "demo"][0])
        stages = {answers["stage"]: answers["answers"] for answers in demo["answers"]}
        for stage in ("dense", "cut", "recovered"):
            self.assertGreaterEqual(len(stages[stage]), 3, stage)


class Script(unittest.TestCase):
    """The script in a copy of the tree, with stubs."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.tree = pathlib.Path(self.folder.name) / "tree"
        for part in ("packaging", "resources/presets", "resources/help", "resources/pictures"):
            shutil.copytree(ROOT / part, self.tree / part)
        shutil.copy(ROOT / "README.md", self.tree / "README.md")
        (self.tree / "packaging/demo/made.txt").unlink(missing_ok=True)
        (self.tree / "resources/demo").mkdir()
        (self.tree / "resources/demo/workspace.sqlite").write_text('{"runs": []}')
        (self.tree / "build/bin").mkdir(parents=True)
        for name in ("sparsekd", "sparsekd-workbench"):
            shutil.copy(ROOT / "tests/packaging/stub_program.py", self.tree / "build/bin" / name)
            (self.tree / "build/bin" / name).chmod(0o755)
        self.log = pathlib.Path(self.folder.name) / "log"
        self.cut = pathlib.Path(self.folder.name) / "cut"
        self.pictures = sorted(path.name for path in (self.tree / "resources/pictures").glob("*.png"))

    def tearDown(self):
        self.folder.cleanup()

    def call(self, *options, **environment):
        self.log.write_text("")
        done = subprocess.run(["bash", str(self.tree / "packaging/demo-workspace"), *options], check=False, text=True,
                              capture_output=True,
                              env={**os.environ, "STUB_LOG": str(self.log), "STUB_CUT": str(self.cut),
                                   "STUB_PICTURES": " ".join(self.pictures), **environment})
        self.calls = self.log.read_text(encoding="utf-8").splitlines()
        return done

    def plan(self, *options, **environment):
        """What --dry-run says of each step."""
        done = self.call("--dry-run", *options, **environment)
        self.assertEqual(done.returncode, 0, done.stderr)
        return dict(line.split(None, 1) for line in done.stdout.splitlines())

    def work(self):
        """Calls that compute or keep something."""
        kinds = ("run ", "study ", "benchmark ", "profile ", "views ", "runs export", "runs import", "--read-only")
        return [line for line in self.calls if line.startswith(kinds)]

    def shipped(self):
        return json.loads((self.tree / "resources/demo/workspace.sqlite").read_text())

    def make_everything(self):
        done = self.call()
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_a_dry_run_lists_the_steps_and_does_nothing(self):
        (self.tree / "resources/demo/workspace.sqlite").write_text(json.dumps({"runs": []}))
        self.make_everything()
        (self.tree / "packaging/demo/made.txt").unlink()
        shutil.rmtree(self.tree / "build/demo-workspace")
        plan = self.plan()
        self.assertEqual(list(plan), STEPS)
        for step in ("demo", "study", "workspace", "pictures"):
            self.assertTrue(plan[step].startswith("to do: "), plan)
        self.assertEqual(plan["table"], "done")
        self.assertEqual(self.work(), [])
        self.assertFalse((self.tree / "packaging/demo/made.txt").exists())
        self.assertEqual(list(self.plan("study", "table")), ["study", "table"])

    def test_what_was_cut_off_is_resumed_and_what_is_done_is_left(self):
        self.cut.write_text("2")
        first = self.call()
        self.assertNotEqual(first.returncode, 0)
        self.assertIn("it is resumed", first.stderr)
        self.assertEqual([line.split()[0] for line in self.work()], ["run"])
        second = self.call()  # the run is cut off once more
        self.assertNotEqual(second.returncode, 0)
        self.assertTrue(self.work()[0].startswith("run --resume 1 "), self.work())
        self.cut.write_text("0")
        self.assertEqual(self.call("demo").returncode, 0)
        self.cut.write_text("1")
        third = self.call()
        self.assertNotEqual(third.returncode, 0)
        self.assertEqual([line.split()[0] for line in self.work()], ["study"], "the demo is done")
        self.make_everything()
        kinds = [line.split()[0] for line in self.work()]
        self.assertEqual(kinds, ["study", *["runs"] * 4, "benchmark", "profile", "views", "--read-only"])
        self.make_everything()
        self.assertEqual(self.work(), [], "everything is done")
        shutil.rmtree(self.tree / "build/demo-workspace")
        self.make_everything()
        self.assertEqual(self.work(), [], "a fresh clone has it too")

    def test_what_ships_is_the_study_and_then_the_demo(self):
        self.make_everything()
        shipped = self.shipped()
        names = [run["name"] for run in shipped["runs"]]
        self.assertEqual(len(names), 7)
        self.assertEqual(names[-1], "demo")
        self.assertEqual([measured[0] for measured in shipped["measured"]], ["benchmark", "profile"])
        self.assertTrue(all(measured[2] == "run:7" for measured in shipped["measured"]))
        pages_of_views = {view["name"]: view["document"]["runs"] for view in shipped["views"]}
        self.assertEqual(pages_of_views["Collapse and recovery"], [7])
        self.assertEqual(pages_of_views["Table III, two seeds"], [1, 4, 2, 3, 5, 6])
        rows = rows_of(block_of((self.tree / "README.md").read_text(encoding="utf-8")))
        self.assertEqual(rows["Round 4"], ["40.0 %", "55.50 ± 0.71", "39.97", "45.50 ± 0.71", "24.92 ± 0.02"])
        self.assertEqual(rows["the demo, 7 steps"], ["15.0 %", "102.0", "", "67.00", ""])
        readme = (self.tree / "README.md").read_text(encoding="utf-8")
        self.assertIn("| Q2 | dense 2 | cut 2 | recovered 2 |", readme)
        self.assertIn("has 100 % of the gain", readme)
        for name in self.pictures:
            shown = name in readme or any(name in page.read_text("utf-8") for page in pages())
            text = (self.tree / "resources/pictures" / name).read_bytes()
            self.assertEqual(text.startswith(b"of "), shown, name)

    def test_other_inputs_are_made_again(self):
        self.make_everything()
        spec = self.tree / "resources/presets/demo.json"
        spec.write_text(spec.read_text().replace('"seed": 42', '"seed": 43'))
        plan = self.plan()
        self.assertEqual([step for step in STEPS if plan[step] != "done"], ["demo", "workspace"])
        self.make_everything()
        self.assertEqual([line.split()[0] for line in self.work()][0], "run")
        self.assertNotIn("study ", " ".join(self.work()[:1]))
        self.assertTrue(all(plan != "done" for plan in self.plan("demo", "study", STUB_VERSION="2").values()))
        self.assertEqual(self.plan("study", "--seeds", "1,2,3")["study"][:5], "to do")
        self.assertEqual(self.plan("--again", "pictures")["pictures"], "to do: --again")

    def test_a_workspace_too_large_is_not_shipped(self):
        before = self.shipped()
        done = self.call(STUB_PADDING="3000000")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("--timelines none", done.stderr)
        self.assertEqual(self.shipped(), before)

    def test_a_step_that_is_not_known_is_refused(self):
        for options in (["tables"], ["--again", "all"], ["--step"]):
            done = self.call(*options)
            self.assertNotEqual(done.returncode, 0)
            self.assertEqual(self.work(), [])
            self.assertIn("What to do", done.stderr)


if __name__ == "__main__":
    if not PROGRAM:
        sys.exit(__doc__.strip())
    unittest.main()
