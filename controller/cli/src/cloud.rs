//! The one place that names the real AWS.

use anyhow::{Context, Result};
use firebreak_aws::Aws;
use firebreak_cloud::Cloud;
use std::sync::Arc;

/// AWS, with the credentials of the person who runs the command. Endpoints named in the environment are used only on word.
///
/// # Errors
/// When the environment redirects endpoints, and that is not allowed (--allow-endpoint-overrides).
pub async fn connect(allow_endpoint_overrides: bool) -> Result<Arc<dyn Cloud>> {
    Ok(Arc::new(aws(allow_endpoint_overrides).await?))
}

/// The same, for questions about the way to AWS instead of what is there.
///
/// # Errors
/// As [`connect`].
pub async fn aws(allow_endpoint_overrides: bool) -> Result<Aws> {
    let aws = Aws::connect(allow_endpoint_overrides).await;
    aws.context("AWS is not asked (see --allow-endpoint-overrides)")
}
