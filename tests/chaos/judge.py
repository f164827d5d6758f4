"""The verdict over a run: what was accepted, what the API says became of it, what jobs recorded.

A submission is what a client asked for under one key. Held against each other are: the answers to
its submitter, the daemon's list of jobs and its events, and the lines that the jobs' own processes
wrote (task.c). Every offence is a sentence with the number of its job; history() prints what is
known of such a job.
"""

import collections

import scene

Record = collections.namedtuple("Record", "what key job attempt rank partner wall boot pid text")


class Submission:
    def __init__(self, number, slot, spec, exit_code=0, nodes=1, count=1):
        self.key = f"k{number}"
        self.slot, self.spec, self.exit_code = slot, spec, exit_code
        self.nodes, self.count = nodes, count
        self.data = None # the answer
        self.tries = 0
        self.accept_s = 0.0

    def jobs(self):
        return range(self.data["id"], self.data["id"] + self.count) if self.data else ()


def read_records(path):
    """job -> its lines."""
    rows = collections.defaultdict(list)
    with open(path, encoding="utf-8") as file:
        for line in file:
            words = line.rstrip("\n").split(" ", 9)
            row = Record(words[0], words[1], *(int(w) for w in words[2:5]), words[5],
                         *(int(w) for w in words[6:9]), words[9])
            rows[row.job].append(row)
    return rows


class Verdict:
    """Counts and offences. allow_overlap, allow_rerun: jobs that a scenario excuses."""

    KINDS = ("lost", "doubled", "overlaps", "stuck", "wrong", "unfinished", "left", "crashes")

    def __init__(self):
        self.counts = dict.fromkeys(self.KINDS, 0)
        self.counts["ended_again"] = 0
        self.offences = [] # (kind, job or None, sentence)

    def add(self, kind, job, text):
        self.counts[kind] += 1
        self.offences.append((kind, job, text))

    def is_clean(self):
        return not self.offences


def check_submission(verdict, submission, known):
    if not submission.data:
        verdict.add("lost", None, f"{submission.key} was never answered")
        return
    if submission.data["count"] != submission.count:
        verdict.add("wrong", submission.data["id"], f"{submission.key}: {submission.data}")
    for job in submission.jobs():
        row = known.get(job)
        if not row:
            verdict.add("lost", job, f"{submission.key} was accepted as {job}, which is not known")
        elif row["name"] != submission.key:
            verdict.add("doubled", job, f"{job} is {row['name']}, not {submission.key}")
        elif row["state"] not in scene.ENDED:
            verdict.add("stuck", job, f"{job} is {row['state']} ({row['note']})")
        else:
            state = "done" if submission.exit_code == 0 else "failed"
            if (row["state"], row["exit_code"]) != (state, submission.exit_code):
                verdict.add("wrong", job, f"{job} is {row['state']} with {row['exit_code']}, "
                            f"{submission.exit_code} was due ({row['note']})")


def check_runs(verdict, job, rows, submission, row, allow_overlap, strict):
    """What the processes of one job recorded, against its row."""
    starts = collections.Counter((r.attempt, r.rank) for r in rows if r.what == "S")
    for (attempt, rank), count in starts.items():
        if count > 1:
            verdict.add("overlaps", job, f"{job}: attempt {attempt} rank {rank} began {count} times")
    if not allow_overlap:
        for r in rows:
            if r.what == "X":
                verdict.add("overlaps", job, f"{job}: attempt {r.attempt} rank {r.rank} began while "
                            f"pid {r.text} of another run of it lived")
        attempts = sorted({r.attempt for r in rows})
        for before, after in zip(attempts, attempts[1:]):
            if max(r.boot for r in rows if r.attempt == before) > \
               min(r.boot for r in rows if r.attempt == after):
                verdict.add("overlaps", job, f"{job}: attempt {before} recorded after {after} began")
    if any(r.key.partition(".")[0] != submission.key for r in rows):
        verdict.add("doubled", job, f"{job} ran another submission's command")
    ends = [r for r in rows if r.what == "E"]
    last = row["attempts"]
    ended = {r.rank for r in ends if r.attempt == last}
    wanted = set(range(submission.nodes))
    # Of a gang that fails the first failure counts; the others are stopped.
    complete = ended == wanted or (submission.exit_code and ended and ended <= wanted)
    if row["state"] in ("done", "failed") and not complete:
        verdict.add("unfinished", job, f"{job}: {row['state']}, but in attempt {last} only ranks "
                    f"{sorted(ended)} of {submission.nodes} came to their end")
    earlier = {(r.attempt, r.rank) for r in ends if r.attempt != last}
    if earlier:
        verdict.counts["ended_again"] += 1
        whole = submission.exit_code == 0 and any(
            {rank for a, rank in earlier if a == attempt} == wanted for attempt, _ in earlier)
        if strict and (whole or submission.exit_code):
            verdict.add("wrong", job, f"{job} came to its end in {sorted(earlier)} and then began "
                        f"attempt {last}")


def check_events(verdict, events, submissions):
    """Exactly one end for each job."""
    ends = collections.Counter(e["job"] for e in events if e["job"] and e["kind"] in scene.ENDED)
    for submission in submissions:
        for job in submission.jobs():
            if ends[job] > 1:
                verdict.add("wrong", job, f"{job} ended {ends[job]} times")


def judge(a_scene, submissions, strict=True, allow_overlap=()):
    """Everything. strict: a command that came to its end is not run again."""
    verdict = Verdict()
    client = a_scene.client()
    known = client.jobs()
    owned = set()
    for submission in submissions:
        check_submission(verdict, submission, known)
        owned.update(submission.jobs())
    for job in sorted(set(known) - owned):
        verdict.add("doubled", job, f"{job} ({known[job]['name']}) was made, but nobody was told")
    rows = read_records(a_scene.records)
    for job in sorted(set(rows) - owned):
        verdict.add("doubled", job, f"{job} ran, but nobody was told of it")
    for submission in submissions:
        for job in submission.jobs():
            if job in known:
                check_runs(verdict, job, rows.get(job, []), submission, known[job],
                           job in allow_overlap, strict)
    for submission in submissions:
        data, _, _ = client.submit(submission.spec, submission.key)
        if submission.data and (data["id"], data["repeated"]) != (submission.data["id"], True):
            verdict.add("doubled", submission.data["id"], f"{submission.key} again: {data}")
    events = client.events()
    check_events(verdict, events, submissions)
    verdict.events = collections.defaultdict(list)
    for event in events:
        verdict.events[event["job"]].append(event)
    client.close()
    verdict.known, verdict.rows = known, rows
    return verdict


def history(a_scene, verdict, job):
    """All that is known of a job, in the order of time where clocks agree."""
    lines = [f"--- job {job}: {verdict.known.get(job)}"]
    lines += [f"event {e['at']} {e['seq']} {e['kind']} attempt={e['attempt']} "
              f"{e['partner'] or ''} {e['text']}" for e in verdict.events[job]]
    try:
        detail = a_scene.client().get(f"/v1/jobs/{job}")["data"]
        lines += [f"attempt {a}" for a in detail["attempt_list"]]
    except (KeyError, TimeoutError) as error:
        lines.append(f"no detail: {error}")
    lines += [f"record {r.boot / 1e9:.3f} {r.what} attempt={r.attempt} rank={r.rank} "
              f"{r.partner} pid={r.pid} {r.text}" for r in verdict.rows.get(job, [])]
    return "\n".join(lines)
