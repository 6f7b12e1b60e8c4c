//! The proleptic Gregorian calendar on integers, counted in days from PostgreSQL's epoch 2000-01-01.
//!
//! No IO, no Python. Years are astronomical: 0 is 1 BC, -1 is 2 BC. Invariant: the two functions are
//! inverse for every day that 32 bits can count.

/// A day of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Civil {
    pub(super) year: i32,
    /// 1-12.
    pub(super) month: u8,
    /// 1-31.
    pub(super) day: u8,
}

const DAYS_PER_400_YEARS: i64 = 146_097;
/// From 0000-03-01, where the arithmetic starts so that leap days end its years, to 2000-01-01.
const EPOCH: i64 = 730_425;

impl Civil {
    /// The day `days` after 2000-01-01.
    #[inline]
    pub(super) fn from_days(days: i32) -> Self {
        let days = i64::from(days) + EPOCH;
        let era = days.div_euclid(DAYS_PER_400_YEARS);
        let of_era = days.rem_euclid(DAYS_PER_400_YEARS) as u32;
        let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let march_month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * march_month + 2) / 5 + 1;
        let month = if march_month < 10 {
            march_month + 3
        } else {
            march_month - 9
        };
        let year = i64::from(year_of_era) + era * 400 + i64::from(month <= 2);
        Self {
            year: year as i32,
            month: month as u8,
            day: day as u8,
        }
    }

    /// Days from 2000-01-01; `self` must be a day of the calendar.
    #[inline]
    pub(super) fn to_days(self) -> i64 {
        let month = i64::from(self.month);
        let year = i64::from(self.year) - i64::from(month <= 2);
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let march_month = (month + 9) % 12;
        let of_year = (153 * march_month + 2) / 5 + i64::from(self.day) - 1;
        let of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year;
        era * DAYS_PER_400_YEARS + of_era - EPOCH
    }

    /// Whether the month and the day exist.
    pub(super) fn exists(self) -> bool {
        let leap = self.year % 4 == 0 && (self.year % 100 != 0 || self.year % 400 == 0);
        let last = match self.month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if leap => 29,
            2 => 28,
            _ => 0,
        };
        (1..=last).contains(&self.day)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn civil(year: i32, month: u8, day: u8) -> Civil {
        Civil { year, month, day }
    }

    #[test]
    fn known_days() {
        // select date '…' - date '2000-01-01' on PostgreSQL 18
        for (date, days) in [
            (civil(2000, 1, 1), 0),
            (civil(1999, 12, 31), -1),
            (civil(2000, 2, 29), 59),
            (civil(1970, 1, 1), -10_957),
            (civil(1, 1, 1), -730_119),
            (civil(0, 12, 31), -730_120),
            (civil(9999, 12, 31), 2_921_939),
            (civil(-4713, 11, 24), -2_451_545),
            (civil(5_874_897, 12, 31), 2_145_031_948),
        ] {
            assert_eq!(date.to_days(), i64::from(days));
            assert_eq!(Civil::from_days(days), date);
        }
    }

    #[test]
    fn each_day_of_python_follows_the_one_before() {
        let mut before = Civil::from_days(-730_120);
        for days in -730_119..=2_921_939 {
            let date = Civil::from_days(days);
            let next_day = civil(before.year, before.month, before.day + 1);
            let next_month = civil(before.year, before.month + 1, 1);
            let expected = [next_day, next_month, civil(before.year + 1, 1, 1)]
                .into_iter()
                .find(|date| date.exists());
            assert_eq!(Some(date), expected);
            assert_eq!(date.to_days(), i64::from(days));
            before = date;
        }
    }

    proptest! {
        #[test]
        fn every_day_comes_back(days in any::<i32>()) {
            let date = Civil::from_days(days);
            prop_assert!(date.exists());
            prop_assert_eq!(date.to_days(), i64::from(days));
        }
    }
}
