//! What was asked for, told again apart from `Session`: an oracle for the events that it gives.

use std::collections::VecDeque;

use howdah_wire::backend::Message;

use super::step::Step;

/// The requests that wait for answers. In contrast to the session it forgets nothing at an error,
/// and lets a failed unit's requests go when a later answer shows that they were passed over.
#[derive(Debug, Default)]
pub struct Asked {
    requests: VecDeque<Step>,
    failed: bool,
}

impl Asked {
    /// Notes a request that the session accepted.
    pub fn note(&mut self, step: &Step) {
        let unanswered = matches!(
            step,
            Step::About(_)
                | Step::Startup
                | Step::Flush
                | Step::CopyData(_)
                | Step::CopyDone
                | Step::CopyFail(_)
                | Step::Terminate
                | Step::Send(..)
                | Step::Receive(_)
        );
        if !unanswered {
            self.requests.push_back(step.clone());
        }
    }

    /// Panics if nobody asked for `message`.
    pub fn check(&mut self, message: &Message<'_>) {
        match message {
            Message::ParameterStatus(..)
            | Message::NoticeResponse(_)
            | Message::NotificationResponse(_) => return,
            Message::ErrorResponse(_) => {
                self.failed = true;
                return;
            }
            _ => {}
        }
        let name = message.name();
        loop {
            let front = self.requests.front_mut();
            let front = front.unwrap_or_else(|| panic!("`{name}`: nothing was asked"));
            match answered(front, message) {
                Some(Answered::Wholly) => break self.answered_wholly(message),
                Some(Answered::InPart) => break,
                Some(Answered::HalfDescribed) => {
                    *front = Step::DescribePortal(String::new());
                    break;
                }
                None if self.failed && !matches!(front, Step::Sync | Step::Query(_)) => {
                    self.requests.pop_front();
                }
                None => panic!("`{name}` in answer to {front:?}"),
            }
        }
    }

    fn answered_wholly(&mut self, message: &Message<'_>) {
        self.requests.pop_front();
        if matches!(message, Message::ReadyForQuery(_)) {
            self.failed = false;
        }
    }
}

enum Answered {
    Wholly,
    InPart,
    /// The parameters of a statement, with its columns to come.
    HalfDescribed,
}

/// How `message` answers the request, if it does (PostgreSQL 18 documentation, 54.2).
fn answered(request: &Step, message: &Message<'_>) -> Option<Answered> {
    use Answered::{HalfDescribed, InPart, Wholly};
    let name = message.name();
    let result = [
        "DataRow",
        "CopyInResponse",
        "CopyOutResponse",
        "CopyBothResponse",
    ];
    let copied = ["CopyData", "CopyDone"];
    let ended = ["CommandComplete", "EmptyQueryResponse"];
    match request {
        Step::Parse(..) => (name == "ParseComplete").then_some(Wholly),
        Step::Bind(..) => (name == "BindComplete").then_some(Wholly),
        Step::CloseStatement(_) | Step::ClosePortal(_) => {
            (name == "CloseComplete").then_some(Wholly)
        }
        Step::DescribeStatement(_) => (name == "ParameterDescription").then_some(HalfDescribed),
        Step::DescribePortal(_) => matches!(name, "RowDescription" | "NoData").then_some(Wholly),
        Step::Execute(..) if ended.contains(&name) || name == "PortalSuspended" => Some(Wholly),
        Step::Execute(..) if result.contains(&name) || copied.contains(&name) => Some(InPart),
        Step::Sync | Step::Query(_) if name == "ReadyForQuery" => Some(Wholly),
        Step::Query(_) => {
            let in_part = result.contains(&name)
                || copied.contains(&name)
                || ended.contains(&name)
                || name == "RowDescription";
            in_part.then_some(InPart)
        }
        _ => None,
    }
}
