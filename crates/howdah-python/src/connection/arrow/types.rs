use crate::types::{Structure, builtin};

/// The type of a column in Arrow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ArrowType {
    Bool,
    Int16,
    Int32,
    Int64,
    UInt32,
    Float,
    Double,
    Text,
    /// `jsonb`: text after a byte for the version.
    Jsonb,
    Bytes,
    Date,
    Time,
    Timestamp,
    TimestampTz,
    Interval,
    Uuid,
    Decimal {
        precision: u8,
        scale: u8,
    },
    List(Box<Self>),
}

impl ArrowType {
    /// The type for a built-in type of PostgreSQL, None for those that are carried as their text.
    pub(crate) fn of(oid: u32, modifier: i32) -> Option<Self> {
        Some(match oid {
            16 => Self::Bool,
            17 => Self::Bytes,
            20 => Self::Int64,
            21 => Self::Int16,
            23 => Self::Int32,
            26 => Self::UInt32,
            19 | 25 | 114 | 1042 | 1043 => Self::Text,
            700 => Self::Float,
            701 => Self::Double,
            1082 => Self::Date,
            1083 => Self::Time,
            1114 => Self::Timestamp,
            1184 => Self::TimestampTz,
            1186 => Self::Interval,
            1700 => Self::decimal(modifier)?,
            2950 => Self::Uuid,
            3802 => Self::Jsonb,
            _ => match &builtin(oid)?.structure {
                Structure::Array { element, delimiter } if *delimiter != b' ' => {
                    Self::List(Box::new(Self::of(element.oid, modifier)?))
                }
                _ => return None,
            },
        })
    }

    /// `numeric(precision, scale)` as far as 128 bits hold it. The modifier is `(precision << 16 |
    /// scale) + 4`, the scale in 11 bits with its sign (PostgreSQL 18, `make_numeric_typmod`).
    fn decimal(modifier: i32) -> Option<Self> {
        let packed = modifier.checked_sub(4).filter(|packed| *packed >= 0)?;
        let precision = u8::try_from(packed >> 16).ok()?;
        let scale = u8::try_from(((packed & 0x7ff) ^ 1024) - 1024).ok()?;
        (precision <= 38 && scale <= precision).then_some(Self::Decimal { precision, scale })
    }

    /// Its name, for the package to make the type of.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Bool => "bool".to_owned(),
            Self::Int16 => "int16".to_owned(),
            Self::Int32 => "int32".to_owned(),
            Self::Int64 => "int64".to_owned(),
            Self::UInt32 => "uint32".to_owned(),
            Self::Float => "float".to_owned(),
            Self::Double => "double".to_owned(),
            Self::Text | Self::Jsonb => "string".to_owned(),
            Self::Bytes => "binary".to_owned(),
            Self::Date => "date".to_owned(),
            Self::Time => "time".to_owned(),
            Self::Timestamp => "timestamp".to_owned(),
            Self::TimestampTz => "timestamptz".to_owned(),
            Self::Interval => "interval".to_owned(),
            Self::Uuid => "uuid".to_owned(),
            Self::Decimal { precision, scale } => format!("decimal {precision} {scale}"),
            Self::List(element) => format!("list {}", element.name()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numerics_are_decimals_where_128_bits_hold_them() {
        let modifier = |precision: i32, scale: i32| (precision << 16 | (scale & 0x7ff)) + 4;
        let decimal = |precision, scale| Some(ArrowType::Decimal { precision, scale });
        assert_eq!(ArrowType::of(1700, modifier(8, 2)), decimal(8, 2));
        assert_eq!(ArrowType::of(1700, modifier(38, 38)), decimal(38, 38));
        for none in [modifier(39, 2), modifier(5, -2), modifier(2, 5), -1] {
            assert_eq!(ArrowType::of(1700, none), None);
        }
        assert_eq!(
            ArrowType::of(1231, modifier(8, 2)).map(|it| it.name()),
            Some("list decimal 8 2".into())
        );
        assert_eq!(ArrowType::of(22, -1), None);
    }
}
