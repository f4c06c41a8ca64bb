"""Documents of our own in the formats of published tasks: the same for the same seed.

Among them are texts of several bytes a character, empty and equal choices, white space at the ends, and contexts that are
longer than a small model can read.
"""
import json, pathlib, random

WORDS = ("the a river stone under light walked slowly house garden of and with seven 12 3.5 café naïve Straße größer 東京 мир "
         "😀 don't it's end-of-line (aside) [header] red blue green bread water letter morning table window road north").split()
NAMES = "Anna Bruno Çelik Dora Émile Fatima".split()


class Maker:
    def __init__(self, seed): self.random = random.Random(seed)

    def text(self, least=3, most=12): return " ".join(self.random.choices(WORDS, k=self.random.randint(least, most)))

    def context(self, index):
        """Every fifth is longer than 128 positions."""
        return self.text(120, 160) if index % 5 == 4 else self.text(4, 20)

    def choices(self, index, count):
        """Every sixth has an empty one, every seventh two that are equal."""
        made = [self.text(1, 8) for _ in range(count)]
        if index % 6 == 5: made[index % count] = ""
        if index % 7 == 3: made[-1] = made[0]
        if index % 9 == 2: made[0] += "  "
        return made

    def hellaswag(self, index):
        return dict(ind=index, activity_label=self.text(1, 3), ctx_a=" " + self.context(index) + " [title] " + self.text(1, 4),
                    ctx_b=self.random.choice(["Sie ΛΌΓΟΣ " + self.text(1, 3), "", "ﬁrst [step] " + self.text(1, 2)]),
                    endings=self.choices(index, 4), label=str(self.random.randrange(4)))

    def piqa(self, index):
        first, second = self.choices(index, 2)
        return dict(goal=self.context(index), sol1=first, sol2=second, label=self.random.randrange(2))

    def arc_easy(self, index):
        count = 3 if index % 8 == 1 else 4
        labels = list("ABCD" if index % 3 else "1234")[:count]
        return dict(id=f"q{index}", question=self.context(index), choices=dict(text=self.choices(index, count), label=labels),
                    answerKey=self.random.choice(labels))

    arc_challenge = arc_easy

    def openbookqa(self, index):
        return dict(id=f"o{index}", question_stem=self.context(index) + (" " if index % 4 == 1 else ""),
                    choices=dict(text=self.choices(index, 4), label=list("ABCD")), answerKey=self.random.choice("ABCD"))

    def winogrande(self, index):
        one, two = self.random.sample(NAMES, 2)
        return dict(qID=f"w{index}", sentence=self.context(index) + " _ " + self.text(1, 6) + ".", option1=one,
                    option2=one if index % 7 == 3 else two, answer=self.random.choice("12"))

    def boolq(self, index):
        return dict(question=self.text(3, 8), passage=self.context(index), idx=index, label=self.random.randrange(2))

    def mathqa(self, index):
        values = [str(self.random.randint(1, 99)) for _ in range(4)]
        if index % 7 == 3: values[1] = values[0]
        options = " , ".join(f"{letter} ) {value}" for letter, value in zip("abcd", values)) + " , e ) none of these"
        return dict(Problem=self.context(index), Rationale="", options=options, correct=self.random.choice("abcde"))

    def mmlu(self, index):
        return dict(question=" " + self.context(index) + "\n", subject="", choices=self.choices(index, 4),
                    answer=self.random.randrange(4))

    def lambada_openai(self, index):
        return dict(text="東京" if index % 11 == 7 else self.context(index) + " " + self.random.choice(WORDS))

    def gsm8k(self, index):
        number = self.random.randint(-50, 5000)
        return dict(question=self.context(index), answer=f"{self.text()} <<{number}>>.\n#### {number:,}")


SUBJECTS = ("abstract_algebra", "anatomy")


def make(task, count, seed):
    maker = Maker(f"{task} {seed}")
    rows = [getattr(maker, task)(i) for i in range(count)]
    if task == "mmlu":
        for i, row in enumerate(rows): row["subject"] = SUBJECTS[i * len(SUBJECTS) // count]
    return rows


def write(path, rows):
    pathlib.Path(path).write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf8")
