use crate::Error;
use crate::value::trim;
use crate::visible::clip;

/// Characters of a name in a message: without a header it may be a text.
const SHOWN_NAME: usize = 60;

/// The position of the column called `name`, which is trimmed as the header's names are; an error names the nearest one
/// or a delimiter that would fit better.
///
/// A column without a name is never meant: an empty name is most often a variable of the shell that was not set.
pub(crate) fn find(columns: &[String], name: &str) -> Result<usize, Error> {
    let name = trim(name);
    let mut named = (0..columns.len()).filter(|&index| !name.is_empty() && columns[index] == name);
    match (named.next(), named.count()) {
        (Some(index), 0) => Ok(index),
        (Some(_), others) => Err(Error::DuplicateColumn { name: shown(name), count: others + 1 }),
        (None, _) => Err(Error::UnknownColumn { name: shown(name), hint: hint(columns, name), columns: list(columns) }),
    }
}

fn hint(columns: &[String], name: &str) -> String {
    if let [single] = columns
        && let Some(delimiter) = [';', '\t', '|', ','].into_iter().find(|&delimiter| single.contains(delimiter))
    {
        return format!(", and the only one holds `{}`: is that the delimiter?", delimiter.escape_debug());
    }
    let likeness = |column: &str| strsim::jaro_winkler(&name.to_lowercase(), &column.to_lowercase());
    columns
        .iter()
        .map(|column| (likeness(column), column))
        .filter(|(likeness, _)| *likeness >= 0.75)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map_or_else(|| ".".to_owned(), |(_, column)| format!("; did you mean `{}`?", shown(column)))
}

fn list(columns: &[String]) -> String {
    const SHOWN: usize = 40;
    let mut names: Vec<String> = columns.iter().take(SHOWN).map(|name| format!("`{}`", shown(name))).collect();
    if columns.len() > SHOWN {
        names.push(format!("and {} more", columns.len() - SHOWN));
    }
    names.join(", ")
}

pub(crate) fn shown(name: &str) -> String {
    clip(name.as_bytes(), SHOWN_NAME)
}
