//! Lambda functions, by name only: their configuration may hold secrets and is not kept.

use crate::caller::{Caller, pages};
use firebreak_core::{access::Service, failure::Failure};

const LIST: &str = "lambda:ListFunctions";

/// Names of the functions that run with a role.
pub(crate) async fn functions_of_role(caller: &Caller<'_>, role_arn: &str) -> Result<Vec<String>, Failure> {
    let all = pages(LIST, |marker| async move {
        let request = caller.session.lambda().list_functions().set_marker(marker).send();
        let page = caller.read(Service::Lambda, LIST, request).await?;
        Ok((page.functions, page.next_marker))
    });
    let of_role = all
        .await?
        .into_iter()
        .filter(|function| function.role.as_deref() == Some(role_arn));
    Ok(of_role.filter_map(|function| function.function_name).collect())
}
