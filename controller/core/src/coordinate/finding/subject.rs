//! What a finding names, as a typed value: each is a name that AWS could have given.

/// A resource or principal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// An IAM role, by name.
    Role(String),
    /// An IAM user, by name.
    User(String),
    /// An EC2 instance.
    Instance(Instance),
    /// A Lambda function, by name.
    Function(String),
    /// An S3 bucket, by name.
    Bucket(String),
    /// An ECS service.
    EcsService {
        /// The cluster's name.
        cluster: String,
        /// The service's name.
        service: String,
    },
    /// Anything else, by ARN.
    Other(String),
}

/// An EC2 instance.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Instance {
    /// Its id.
    pub id: String,
    /// The VPC of its first interface.
    pub vpc: Option<String>,
}

impl Subject {
    /// Its ARN. Of a role or user without the path, which a finding does not tell.
    pub fn arn(&self, partition: &str, region: &str, account: &str) -> String {
        let arn = |service: &str, region: &str, account: &str, rest: String| {
            format!("arn:{partition}:{service}:{region}:{account}:{rest}")
        };
        match self {
            Self::Role(name) => arn("iam", "", account, format!("role/{name}")),
            Self::User(name) => arn("iam", "", account, format!("user/{name}")),
            Self::Instance(instance) => arn("ec2", region, account, format!("instance/{}", instance.id)),
            Self::Function(name) => arn("lambda", region, account, format!("function:{name}")),
            Self::Bucket(name) => arn("s3", "", "", name.clone()),
            Self::EcsService { cluster, service } => {
                arn("ecs", region, account, format!("service/{cluster}/{service}"))
            }
            Self::Other(arn) => arn.clone(),
        }
    }

    /// A few words of it for a name: its kind and its own name.
    pub fn words(&self) -> String {
        match self {
            Self::Role(name) => format!("role-{name}"),
            Self::User(name) => format!("user-{name}"),
            Self::Instance(instance) => instance.id.clone(),
            Self::Function(name) => format!("function-{name}"),
            Self::Bucket(name) => format!("bucket-{name}"),
            Self::EcsService { service, .. } => format!("service-{service}"),
            Self::Other(_) => "finding".to_owned(),
        }
    }

    /// An IAM role of that name, where IAM could have given it.
    pub fn role(name: &str) -> Option<Self> {
        is_identity(name).then(|| Self::Role(name.to_owned()))
    }

    /// An IAM user of that name, where IAM could have given it.
    pub fn user(name: &str) -> Option<Self> {
        is_identity(name).then(|| Self::User(name.to_owned()))
    }

    /// An instance of that id, where EC2 could have given it.
    pub fn instance(id: &str, vpc: Option<&str>) -> Option<Self> {
        let vpc = vpc.filter(|vpc| is_id(vpc, "vpc-")).map(str::to_owned);
        is_id(id, "i-").then(|| Self::Instance(Instance { id: id.to_owned(), vpc }))
    }

    /// A function of that name, where Lambda could have given it.
    pub fn function(name: &str) -> Option<Self> {
        is_word(name, 64, "_-").then(|| Self::Function(name.to_owned()))
    }

    /// A bucket of that name, where S3 could have given it.
    pub fn bucket(name: &str) -> Option<Self> {
        let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-".contains(c);
        let ends = name.starts_with(|c: char| c.is_ascii_alphanumeric())
            && name.ends_with(|c: char| c.is_ascii_alphanumeric());
        ((3..=63).contains(&name.len()) && name.chars().all(letters) && ends).then(|| Self::Bucket(name.to_owned()))
    }

    /// A service of that name in that cluster, where ECS could have given both.
    pub fn service(cluster: &str, service: &str) -> Option<Self> {
        let named = |name: &str| is_word(name, 255, "_-");
        (named(cluster) && named(service)).then(|| Self::EcsService {
            cluster: cluster.to_owned(),
            service: service.to_owned(),
        })
    }

    /// What has that ARN, where it looks like one.
    pub fn other(arn: &str) -> Option<Self> {
        let is_arn = arn.starts_with("arn:") && arn.split(':').count() >= 6;
        (is_arn && arn.len() <= 512 && arn.chars().all(|c| c.is_ascii_graphic())).then(|| Self::Other(arn.to_owned()))
    }
}

fn is_identity(name: &str) -> bool {
    is_word(name, 64, "+=,.@_-")
}

fn is_word(name: &str, longest: usize, others: &str) -> bool {
    (1..=longest).contains(&name.len()) && name.chars().all(|c| c.is_ascii_alphanumeric() || others.contains(c))
}

fn is_id(id: &str, prefix: &str) -> bool {
    let digits = id.strip_prefix(prefix).unwrap_or_default();
    (8..=17).contains(&digits.len()) && digits.chars().all(|c| c.is_ascii_digit() || ('a'..='f').contains(&c))
}
