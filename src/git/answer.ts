import type { Asking, GitAnswer, GitPort } from "../domain/git/questions.ts";

/** Carries a judgement to its end: asks the repository what it wants to know. */
export async function answerQuestions<Result>(judging: Generator<Asking, Result, GitAnswer>, git: GitPort): Promise<Result> {
  let step = judging.next();
  while (step.done !== true) {
    const answer = askOf(git, step.value);
    // What is known at once is not waited for: a push may ask once for each of its refs.
    step = judging.next(answer instanceof Promise ? await answer.catch(failed) : answer);
  }
  return step.value;
}

function askOf(git: GitPort, asking: Asking): GitAnswer | Promise<GitAnswer> {
  try {
    return git.ask(asking);
  } catch {
    return failed();
  }
}

function failed(): GitAnswer {
  return { kind: "failed" };
}
