//! Charts: SVG with a title and a description, and the same numbers as a table.

use askama::Template;
use chrono::{NaiveDate, NaiveTime};

use super::{Choice, number};
use crate::{
    clock::Instant,
    domain::locale::Locale,
    web::pages::frame::{Frame, Nav},
};

/// Height of the drawing area of the chart by days, and where its lines begin.
const HEIGHT: u64 = 180;
const WIDTH: u64 = 720;

/// `GET /audit/charts`
#[derive(Template)]
#[template(path = "audit/charts.html")]
pub struct ChartsPage {
    pub frame: Frame,
    pub services: Vec<Choice>,
    pub periods: Vec<(u32, bool)>,
    pub service_name: String,
    pub days: Days,
    /// Of the accounts of each affiliation.
    pub shares: Bars,
    /// Of the acceptances that stand.
    pub versions: Bars,
    /// When shares and versions were counted, if not just now.
    pub counted_at: Option<Instant>,
}

/// Activations and withdrawals, day by day.
#[derive(Clone, Debug)]
pub struct Days {
    pub bars: Vec<DayBar>,
}

#[derive(Clone, Copy, Debug)]
pub struct DayBar {
    pub day: NaiveDate,
    pub granted: u64,
    pub ended: u64,
}

/// Parts of a whole.
#[derive(Clone, Debug)]
pub struct Bars {
    pub bars: Vec<Bar>,
}

#[derive(Clone, Debug)]
pub struct Bar {
    pub label: String,
    pub part: u64,
    pub whole: u64,
}

/// A rectangle in a drawing.
pub struct Rect {
    pub x: u64,
    pub y: u64,
    pub width: u64,
    pub height: u64,
}

impl Days {
    pub fn new(bars: Vec<DayBar>) -> Self {
        Self { bars }
    }

    pub fn is_empty(&self) -> bool {
        self.most() == 0
    }

    /// The largest number of a day.
    pub fn most(&self) -> u64 {
        self.bars.iter().map(|bar| bar.granted.max(bar.ended)).max().unwrap_or_default()
    }

    pub fn granted(&self) -> u64 {
        self.bars.iter().map(|bar| bar.granted).sum()
    }

    pub fn ended(&self) -> u64 {
        self.bars.iter().map(|bar| bar.ended).sum()
    }

    /// For each day the two bars, side by side.
    pub fn rects(&self) -> Vec<(Rect, Rect)> {
        let count = u64::try_from(self.bars.len()).unwrap_or(1).max(1);
        let slot = WIDTH / count;
        let width = (slot / 2).saturating_sub(1).max(1);
        let rect = |x: u64, value: u64| {
            let height = (value * HEIGHT).div_ceil(self.most().max(1));
            Rect { x, y: HEIGHT - height, width, height }
        };
        let pair =
            |(place, bar): (u64, &DayBar)| (rect(place * slot, bar.granted), rect(place * slot + width, bar.ended));
        (0..).zip(&self.bars).map(pair).collect()
    }

    /// Where a few days stand under the chart.
    pub fn marks(&self, locale: Locale) -> Vec<(u64, String)> {
        let slot = WIDTH / u64::try_from(self.bars.len()).unwrap_or(1).max(1);
        let every = (self.bars.len() / 4).max(1);
        let marks = (0_u64..).zip(&self.bars).step_by(every);
        let form = match locale {
            Locale::De => "%-d.%-m.",
            Locale::En => "%-d %b",
        };
        marks.map(|(place, bar)| (place * slot, bar.day.format(form).to_string())).collect()
    }

    /// Only the days on which something happened; the others would fill the table with nothing.
    pub fn busy(&self) -> impl Iterator<Item = &DayBar> {
        self.bars.iter().filter(|bar| bar.granted + bar.ended > 0)
    }
}

impl Bars {
    pub fn new(bars: Vec<Bar>) -> Self {
        Self { bars }
    }

    pub fn is_empty(&self) -> bool {
        self.bars.iter().all(|bar| bar.whole == 0)
    }

    pub fn height(&self) -> usize {
        self.bars.len() * 36
    }

    /// Place from above, and the bar.
    pub fn placed(&self) -> impl Iterator<Item = (usize, &Bar)> {
        self.bars.iter().enumerate().map(|(place, bar)| (place * 36, bar))
    }
}

impl Bar {
    /// Rounded down, so that only all are 100 %.
    pub fn percent(&self) -> u64 {
        (self.part * 100).checked_div(self.whole).unwrap_or_default()
    }

    /// Of the 400 units that all would take.
    pub fn length(&self) -> u64 {
        (self.part * 400).checked_div(self.whole).unwrap_or_default()
    }
}

impl ChartsPage {
    fn own_tab(&self) -> &'static str {
        "/audit/charts"
    }

    /// A day in the portal's own time zone.
    fn date(&self, day: impl std::borrow::Borrow<NaiveDate>) -> String {
        let noon = day.borrow().and_time(NaiveTime::MIN) + chrono::TimeDelta::hours(12);
        let at = noon.and_local_timezone(self.frame.tz).earliest().map_or(noon, |at| at.naive_utc());
        self.frame.date(at)
    }

    fn n(&self, value: impl std::borrow::Borrow<u64>) -> String {
        number(&self.frame, *value.borrow())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_stay_in_the_drawing_and_what_happened_shows() {
        let day = NaiveDate::from_ymd_opt(2026, 11, 23).unwrap();
        let days = Days::new((0..90).map(|i| DayBar { day, granted: i * 1_000, ended: u64::from(i == 3) }).collect());
        for (granted, ended) in days.rects() {
            assert!(granted.x + granted.width <= WIDTH && granted.y + granted.height == HEIGHT);
            assert!(ended.x + ended.width <= WIDTH && ended.y + ended.height == HEIGHT);
        }
        assert!(days.rects()[3].1.height >= 1);
        let bar = |part, whole| Bar { label: String::new(), part, whole };
        assert_eq!((bar(199, 200).percent(), bar(0, 0).percent(), bar(7, 7).length()), (99, 0, 400));
    }
}
