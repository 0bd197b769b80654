"""The reckoning at the end of a run: what was promised, and what came of it."""

# A request's own answers that are no fault: Data Factory kept failing for it, or nobody can say what it did.
GIVEN_UP = {"unavailable", "outcome-unknown"}


class Ledger:
    """Rows of a name, a count and whether it must be nought."""

    def __init__(self, title, requests, runs, reader, stated=(), may_not_know=False):
        """stated: names of rows that are counted and shown, and not promised in this form. may_not_know: whether any
        request whose worker was killed may be answered `outcome-unknown`, also one that has been answered as failed."""
        self.may_not_know = may_not_know
        self.title, self.stated, self.rows = title, set(stated), []
        by_batch = {}
        for run in runs:
            by_batch.setdefault(run["parameters"].get("batch"), []).append(run["runId"])
        good = [request for request in requests if request.expected_class is None]
        bad = [request for request in requests if request.expected_class is not None]
        told = {request.number: {answer[1] for answer in request.answers if answer[0] == "started"} for request in good}

        self.note("requests", len(requests))
        self.note("  of them bad", len(bad))
        self.note("runs", len(runs))
        self.note("answers", sum(len(request.answers) for request in requests))
        self.note("  of them of adopted runs", sum(request.adopted for request in requests))
        self.promise("requests lost", [request.id for request in requests if not request.answers])
        self.promise("duplicate runs", [f"{request.id} ({run})" for request in good
                                        for run in by_batch.get(request.number, [])[1:]])
        self.promise("orphan runs", [f"{request.id} ({run})" for request in good
                                     for run in by_batch.get(request.number, []) if run not in told[request.number]])
        self.promise("runs nobody asked for", [run for batch, ids in by_batch.items() if batch not in told for run in ids])
        self.promise("runs told of that do not exist", [run for request in good for run in told[request.number]
                                                         if run not in by_batch.get(request.number, [])])
        self.promise("contradictory answers", [(request.id, request.answers) for request in requests
                                               if self.is_contradictory(request.answers)])
        self.note("failures superseded by a run", sum(self.is_superseded(request.answers) for request in requests))
        self.promise("poisoned", [request.id for request in requests if any(a[2] == "poisoned" for a in request.answers)])
        given_up = [request for request in (requests if may_not_know else good) if any(answer[2] in GIVEN_UP for answer in request.answers)]
        self.note("given up (unavailable, outcome-unknown)", len(given_up))
        self.promise("judged wrongly", [(request.id, request.answers) for request in requests
                                        if request not in given_up and self.is_misjudged(request)])
        self.promise("error copies missing", [request.id for request in requests
                                              if (request in bad or request in given_up) and not request.error_copies])
        self.promise("error copies too many", [request.id for request in good
                                               if request.error_copies and request not in given_up])
        self.promise("replies undeliverable", [request.id for request in requests if request.undeliverable])
        self.promise("messages of nobody", reader.strangers)

    def is_contradictory(self, answers):
        """Two run ids, or two answers that are not alike, but for a failure before the run it gives way to."""
        if self.may_not_know and all(answer[0] == "failed" for answer in answers):
            answers = [answer for answer in answers if answer[2] != "outcome-unknown"]
        if len({answer[1] for answer in answers if answer[0] == "started"}) > 1:
            return True
        return len(set(answers)) > 1 and not Ledger.is_superseded(answers)

    @staticmethod
    def is_superseded(answers):
        statuses = [answer[0] for answer in answers]
        return "failed" in statuses and "started" in statuses and statuses[-1] == "started"

    @staticmethod
    def is_misjudged(request):
        if request.expected_class is None:
            return any(answer[0] != "started" for answer in request.answers)
        return any(answer[2] != request.expected_class for answer in request.answers)

    def note(self, name, value):
        self.rows.append((name, value, False))

    def promise(self, name, cases):
        """cases: what must not be, to be shown where there is any; or a count."""
        count = cases if isinstance(cases, int) else len(cases)
        self.rows.append((name, count, name not in self.stated))
        if count and not isinstance(cases, int):
            print(f"  {name}: " + ", ".join(str(case) for case in cases[:5]) + (" ..." if count > 5 else ""))

    def print(self):
        """Prints the table; returns whether everything that was promised holds."""
        print(f"\n{self.title}")
        for name, value, is_promised in self.rows:
            verdict = "" if not is_promised else "   ok" if value == 0 else "   NOT 0"
            if name in self.stated:
                verdict = "   (stated, not promised)"
            print(f"  {name:<64}{value:>8}{verdict}")
        return all(value == 0 for _, value, is_promised in self.rows if is_promised)
